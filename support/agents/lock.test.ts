import { join } from 'node:path'
import { expect } from 'chai'
import { runCommand } from '../system/command'
import { callOf } from '../testing/call'
import { reasonOf } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { lockAgent } from './lock'
import { leaseFile } from './providers/lease_file'

describe('the lease of a host', () => {
  let scratch: Scratch
  let now: number
  beforeEach(() => {
    scratch = new Scratch()
    now = 1_700_000_000_000
  })
  afterEach(() => scratch.remove())
  /** Asks a new agent each time, as after a restart. */
  const ask = async (action: string, inputs: Record<string, string | number> = {}) =>
    lockAgent(leaseFile(join(scratch.path, 'state', 'lease.json'), runCommand), () => now).actions[action]?.(
      inputs,
      callOf(action),
    )
  const acquire = (run: string, more: Record<string, string | number> = {}) =>
    ask('acquire', { run, seconds: 60, owner: 'ann@control', feature: 'a.feature', ...more })

  it('is one rollout’s until it gives it back', async () => {
    expect(await ask('status')).to.deep.equal({ locked: false })
    await acquire('run-1')
    expect(await ask('status')).to.deep.equal({
      locked: true,
      run: 'run-1',
      owner: 'ann@control (cert=operator)',
      feature: 'a.feature',
      since: 1_700_000_000,
      until: 1_700_000_060,
    })
    expect(await reasonOf(acquire('run-2'))).to.equal(
      'This host is locked by the rollout run-1 of ann@control (cert=operator) since 2023-11-14T22:13:20Z, until 2023-11-14T22:14:20Z unless renewed',
    )
    await ask('release', { run: 'run-1' })
    expect((await acquire('run-2'))?.['run']).to.equal('run-2')
  })

  it('is renewed by its owner, and lapses otherwise', async () => {
    await acquire('run-1')
    now += 30_000
    expect(await acquire('run-1')).to.include({ since: 1_700_000_000, until: 1_700_000_090 })
    now += 60_000
    expect(await ask('status')).to.deep.equal({ locked: false })
    expect((await acquire('run-2'))?.['locked']).to.equal(true)
  })

  it('is not given back by somebody else', async () => {
    await acquire('run-1')
    expect((await ask('release', { run: 'run-2' }))?.['run']).to.equal('run-1')
  })

  it('goes over to the run that names it as the run it follows', async () => {
    await acquire('run-1')
    expect(await reasonOf(acquire('run-2', { instead_of: 'run-0' }))).to.match(/locked by the rollout run-1/)
    expect((await acquire('run-2', { instead_of: 'run-1' }))?.['run']).to.equal('run-2')
  })

  it('is for a bounded time', async () => {
    for (const seconds of [0, -1, 1e9])
      expect(await reasonOf(acquire('run-1', { seconds }))).to.match(/^A lease is for 1 to/)
    expect(await ask('status')).to.deep.equal({ locked: false })
  })

  for (const text of [
    '',
    'nonsense',
    '{}',
    'null',
    '{"run":1}',
    '{"run":"a","owner":"b","feature":"c","since":1}',
  ]) {
    it(`cannot be taken where its file says ${JSON.stringify(text)}`, async () => {
      scratch.write('state/lease.json', text)
      expect(await reasonOf(acquire('run-1'))).to.match(/cannot be read; look at .*lease\.json/)
    })
  }
})
