import { expect } from 'chai'
import { aChange, aRecord } from '../testing/a_record'
import { hostReleases, hostsLastInRuns, lastVersions, statesLeftBy } from './host_releases'

describe('the release that hosts had last', () => {
  const of = (...runs: ReturnType<typeof aRecord>[]) =>
    Object.fromEntries(
      hostReleases(runs).map(({ host, release, standing }) => [host, `${release} ${standing}`]),
    )

  it('is that of the last live run that brought them to its end', () => {
    expect(of(aRecord(), aRecord({ run: 'r2', release: '1.3', hosts: ['a'] }))).to.deep.equal({
      a: '1.3 had',
      b: '1.2 had',
      c: '1.2 had',
    })
  })

  it('stays for a host that a later run stopped before, and is unfinished for one that it had told to change', () => {
    const stopped = aRecord({
      release: '1.3',
      outcome: 'failed',
      notDone: ['a', 'b', 'c'],
      changes: [aChange('a')],
    })
    expect(of(aRecord(), stopped)).to.deep.equal({ a: '1.3 unfinished', b: '1.2 had', c: '1.2 had' })
    expect(of(aRecord(), { ...stopped, restored: ['a'] })).to.deep.include({ a: '1.3 went back' })
  })

  it('is not that of a run in safe mode, nor of one that was refused', () => {
    expect(of(aRecord({ mode: 'noop' }), aRecord({ outcome: 'refused' }))).to.deep.equal({})
  })

  it('is none for a host that a run of no release has changed since, and stays for one that it has not', () => {
    expect(of(aRecord(), aRecord({ release: 'unreleased' }))).to.deep.equal({
      a: 'unreleased had',
      b: '1.2 had',
      c: '1.2 had',
    })
  })

  it('is told apart by environment, as hosts of one name are', () => {
    const runs = [aRecord({ hosts: ['a'] }), aRecord({ hosts: ['a'], environment: 'test', release: '2' })]
    expect(hostReleases(runs).map(({ environment, release }) => `${environment} ${release}`)).to.deep.equal([
      'prod 1.2',
      'test 2',
    ])
  })
})

describe('what runs have last seen of hosts', () => {
  it('is when each was in a roll call, also of a run that was limited to others', () => {
    const [a, b] = hostsLastInRuns([aRecord({ hosts: ['a'], outside: ['b'], run: 'r2' })])
    expect([a?.run, b?.run]).to.deep.equal(['r2', 'r2'])
  })

  it('is the version of each package, until a change leaves it unknown', () => {
    const versions = (...runs: ReturnType<typeof aRecord>[]) =>
      [...(lastVersions(runs).get('prod\0a') ?? [])].map(([name, { version }]) => `${name} ${version}`)
    expect(versions(aRecord())).to.deep.equal(['package web 2'])
    const silent = aRecord({ changes: [aChange('a', { after: null, outcome: 'no answer' })] })
    expect(versions(aRecord(), silent)).to.deep.equal([])
  })

  it('is the state that a release left of each resource, by hosts', () => {
    const states = statesLeftBy([
      aRecord({ changes: [aChange('a'), aChange('b'), aChange('c', { after: '3' })] }),
    ])
    expect([...(states.get('package web') ?? [])]).to.deep.equal([
      ['2', ['a', 'b']],
      ['3', ['c']],
    ])
  })
})
