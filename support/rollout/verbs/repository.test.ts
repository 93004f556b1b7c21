import { expect } from 'chai'
import fc from 'fast-check'
import { BEGAN, FakeFleet, rolloutOn } from '../../testing/fake_fleet'
import { failure } from '../../testing/failure'
import { ok } from '../../testing/web_fleet'
import { checkpointOf } from '../model/checkpoint'
import { hasPassed } from '../model/verdict'
import type { CommitTests, Planning } from '../ports'

const HOSTS = ['web1', 'web2', 'web3']
const [A, B] = ['a', 'b'].map((digit) => digit.repeat(40)) as [string, string]
const planning: Planning = { asNoop: () => undefined, isReadOnly: () => true }

interface Site {
  commit: string | null
  tag_commit: string | null
  server_commit: string | null
  whole: boolean
  unchanged: boolean
}

const AT_A: Site = { commit: A, tag_commit: A, server_commit: A, whole: true, unchanged: true }
const BEFORE: Site = { ...AT_A, commit: B }
const commit = fc.constantFrom(A, A, A, B, null)
const site: fc.Arbitrary<Site> = fc.record({
  commit,
  tag_commit: commit,
  server_commit: commit,
  whole: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.boolean()),
  unchanged: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.boolean()),
})

/** Returns a rollout on hosts whose git agents answer as `sites` are; a deploy serves what it names, where it can. */
function rolloutAt(sites: readonly Site[], ports: Parameters<typeof rolloutOn>[1] = {}) {
  const state = new Map(HOSTS.map((host, index) => [host, { ...(sites[index] ?? AT_A) }]))
  const fleet = new FakeFleet(HOSTS, (host, { action, inputs }) => {
    const own = state.get(host)
    if (own === undefined) throw new Error(`there is no ${host}`)
    if (action === 'deploy') Object.assign(own, { commit: inputs['commit'], whole: true, unchanged: true })
    return ok({ ...own, tag: 'v2', changes: own.unchanged ? [] : ['M index.html'], problem: null })
  })
  const { rollout, journal } = rolloutOn(fleet, ports)
  rollout.repository.isCalled('website')
  rollout.repository.hasTag('v2')
  const deploys = () => fleet.asked.flatMap(({ request }) => (request.action === 'deploy' ? [request] : []))
  return { rollout, journal, repository: rollout.repository, deploys }
}

describe('the deployed tag', () => {
  it('is the wanted one only where every host has it at one commit, serves that, unchanged and whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(site, site, site), async (sites) => {
        const verdict = await rolloutAt(sites).repository.deployedShouldBe('v2')
        const [first] = sites
        const isSo = sites.every(
          (each) =>
            each.commit !== null &&
            each.commit === first.commit &&
            each.tag_commit === each.commit &&
            (each.server_commit === null || each.server_commit === each.commit) &&
            each.whole &&
            each.unchanged,
        )
        expect(hasPassed(verdict)).to.equal(isSo)
      }),
    )
  })

  it('is deployed by the commit that all hosts have it at, and to none where they do not agree', async () => {
    const { repository, deploys } = rolloutAt([BEFORE, BEFORE, BEFORE])
    expect(hasPassed(await repository.deploy())).to.equal(true)
    expect(deploys().map(({ inputs }) => inputs['commit'])).to.deep.equal([A])
    const other = rolloutAt([BEFORE, { ...BEFORE, tag_commit: B }, BEFORE])
    expect(hasPassed(await other.repository.deploy())).to.equal(false)
    expect(other.deploys()).to.deep.equal([])
  })

  it('stays at the commit of the run before, whatever hosts have by now', async () => {
    const atB = { ...AT_A, commit: B, tag_commit: B, server_commit: B }
    const before = rolloutAt([atB, atB, atB])
    await before.repository.deployedShouldBe('v2')
    const checkpoint = checkpointOf('1', [BEGAN, ...before.journal])
    const again = rolloutAt([AT_A, AT_A, AT_A], { ports: { checkpoint } })
    const verdict = await again.repository.deployedShouldBe('v2')
    expect(verdict.observations[0]?.seen).to.contain('this rollout is for v2 (bbbbbbbbbbbb)')
  })

  it('is at the commit of the approved plan, whatever hosts have by now, and stays so when it goes on', async () => {
    const plannedTags = new Map([['website v2', B]])
    const { repository, deploys, journal } = rolloutAt([BEFORE, BEFORE, BEFORE], { ports: { plannedTags } })
    const verdict = await repository.deploy()
    expect(verdict.observations[0]?.seen).to.contain('this rollout is for v2 (bbbbbbbbbbbb)')
    expect(deploys()).to.deep.equal([])
    expect(checkpointOf('1', [BEGAN, ...journal])?.tags.get('website v2')).to.equal(B)
  })

  it('is planned from one release to the other, and needs nothing where it is served', async () => {
    const { repository, deploys } = rolloutAt([BEFORE, AT_A, { ...AT_A, unchanged: false }], {
      ports: { planning },
    })
    expect((await repository.deploy()).observations.map(({ seen }) => seen)).to.deep.equal([
      'would go from v2 (bbbbbbbbbbbb) to v2 (aaaaaaaaaaaa)',
      'needs nothing: v2 (aaaaaaaaaaaa)',
      'would not go: v2 (aaaaaaaaaaaa), its files were changed: M index.html',
    ])
    expect(deploys()).to.deep.equal([])
  })

  it('cannot be planned where a host has no tag, unless it would be fetched before', async () => {
    const sites = [{ ...BEFORE, tag_commit: null }, BEFORE, BEFORE]
    const [first] = (await rolloutAt(sites, { ports: { planning } }).repository.deploy()).observations
    expect(first).to.include({ passed: false, seen: 'has no tag v2' })
    const fetching = rolloutAt(sites, { ports: { planning } }).repository
    await fetching.fetch()
    expect(hasPassed(await fetching.tagShouldBeThere())).to.equal(true)
    expect((await fetching.deploy()).observations[0]).to.include({
      passed: true,
      seen: 'would go from v2 (bbbbbbbbbbbb) to what cannot be known before',
    })
  })

  it('stops the rollout where no line names it', async () => {
    const { rollout } = rolloutOn(new FakeFleet(HOSTS, () => ok({})))
    expect(() => rollout.repository.deploy()).to.throw(/which repository it is about/)
    expect(rollout.halted?.code).to.equal('bad-feature')
  })
})

describe('the tests of a tag', () => {
  const tests = (passed: CommitTests['passed'], decides = true) => ({ ports: { tests: { decides, passed } } })
  const green = tests((_repository, commit) => (commit === A ? { build: 'b1' } : { not: 'they failed' }))

  it('are those of the commit that all hosts have, and let the rollout go on where they passed', async () => {
    const { repository, rollout } = rolloutAt([BEFORE, BEFORE, BEFORE], green)
    expect(hasPassed(await repository.tagShouldHavePassed())).to.equal(true)
    expect(rollout.halted).to.equal(undefined)
  })

  it('stop the rollout where the same name is at a commit that did not pass', async () => {
    const atB = { ...AT_A, tag_commit: B, server_commit: B }
    const { repository, rollout, deploys } = rolloutAt([atB, atB, atB], green)
    const error = await failure(repository.tagShouldHavePassed())
    expect(error).to.include({
      code: 'gate-closed',
      message: 'v2 (bbbbbbbbbbbb) of website cannot be said to have passed its tests: they failed',
    })
    expect(rollout.halted).to.equal(error)
    expect(deploys()).to.deep.equal([])
  })

  it('are not asked for where hosts do not have the tag at one commit', async () => {
    const asked: string[] = []
    const { repository } = rolloutAt(
      [BEFORE, { ...BEFORE, tag_commit: B }, BEFORE],
      tests((_repository, commit) => ({ build: String(asked.push(commit)) })),
    )
    expect(hasPassed(await repository.tagShouldHavePassed())).to.equal(false)
    expect(asked).to.deep.equal([])
  })

  it('decide nothing where hosts are simulated', async () => {
    const { repository } = rolloutAt(
      [BEFORE, BEFORE, BEFORE],
      tests(() => ({ not: 'nothing was tested' }), false),
    )
    expect(hasPassed(await repository.tagShouldHavePassed())).to.equal(true)
  })

  it('stop a plan, too, but not where hosts would fetch the tag before', async () => {
    const red = tests(() => ({ not: 'they failed' }))
    const sites = [BEFORE, BEFORE, BEFORE]
    const planned = rolloutAt(sites, { ports: { ...red.ports, planning } }).repository
    expect((await failure(planned.tagShouldHavePassed())).code).to.equal('gate-closed')
    const without = sites.map((each) => ({ ...each, tag_commit: null }))
    const fetching = rolloutAt(without, { ports: { ...red.ports, planning } }).repository
    await fetching.fetch()
    expect(hasPassed(await fetching.tagShouldHavePassed())).to.equal(true)
  })
})
