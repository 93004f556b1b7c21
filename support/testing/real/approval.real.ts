import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { HostLocks, lockSurroundings } from '../../locks/host_locks'
import { readPipeline } from '../../pipeline/pipeline_journal'
import { JOURNAL_SUFFIX } from '../../system/journal_lines'
import { CLASS, WEB, WebsitePipeline, type ShownPlan } from './website_pipeline'

const BUILDER = `lsapprove${process.pid}`

const DEPLOY = (more = '') => `Feature: Deploy the website
  Background:
    Given I want to update hosts with class ${CLASS}
    And there should be exactly 3 hosts
    And the repository website
    And the tag <tag>
    And the tag should have passed its tests
    Then every host should have the tag

  Scenario Outline: The website on <wave>
    Given I take <wave>
    When I deploy the tag
    Then the deployed tag should be <tag>
${more}
    Examples:
      | wave     |
      | 1 host   |
      | the rest |
`

describe('a plan that a person approves, on its way to three hosts with our daemon', function () {
  this.timeout(600_000)
  let way: WebsitePipeline | undefined
  let first = ''
  let second = ''

  const pipeline = () => way ?? expect.fail('it was not started')
  const at = (...names: string[]) => join(pipeline().scratch.path, ...names)
  /** Returns the commits that the web hosts serve, as their links say. */
  const served = () =>
    WEB.map((host) => {
      const link = join(pipeline().folder(host), 'current')
      return existsSync(link) ? basename(readlinkSync(link)) : 'nothing'
    })
  const all = (commit: string) => [commit, commit, commit]
  const planOf = (commit: string): ShownPlan | undefined => pipeline().shown(commit)?.plans.at(-1)
  const untilPlanned = async (commit: string): Promise<string> => {
    await pipeline().until('it is planned', () => (planOf(commit)?.state ?? 'running') !== 'running')
    expect(planOf(commit)?.state, planOf(commit)?.why ?? '').to.equal('succeeded')
    return planOf(commit)?.plan ?? ''
  }
  const untilRolledOut = async (commit: string): Promise<ShownPlan['rollout']> => {
    await pipeline().until(
      'its rollout has ended',
      () => (planOf(commit)?.rollout?.state ?? 'running') !== 'running',
    )
    return planOf(commit)?.rollout ?? null
  }
  const approve = (plan: string) => pipeline().lockstep('pipeline', 'website', '--approve', plan)
  const liveRuns = () =>
    readdirSync(at('state', 'live')).filter((name) => name.endsWith(JOURNAL_SUFFIX)).length
  const eventsOf = (type: string) =>
    readPipeline(at('state')).events.filter((event) => event.type === type).length
  const restartWith = async (act: 'approval' | 'run without approval', environment = '') => {
    await pipeline().killServe()
    pipeline().configure(undefined, { act, user: BUILDER }, environment)
    await pipeline().serve()
  }
  /** While this file is there, post scripts wait. */
  const slow = () => at('slow')

  before(async function () {
    if (process.getuid?.() !== 0) this.skip()
    execFileSync('useradd', ['--system', '--create-home', '--shell', '/usr/sbin/nologin', BUILDER])
    way = await WebsitePipeline.start({
      deployed: { act: 'approval', user: BUILDER },
      feature: DEPLOY(),
      scripts: (_, path) => ({
        pre: 'true',
        post: `echo ran >>$FOLDER/posts\nwhile [ -e ${join(path, 'slow')} ]; do sleep 0.2; done`,
      }),
    })
  })
  after(async () => {
    if (way !== undefined) rmSync(slow(), { force: true })
    await way?.stop()
    spawnSync('userdel', ['--remove', BUILDER])
  })

  it('is made once all hosts have fetched what has passed, and nothing is deployed without approval', async () => {
    const red = pipeline().push('v1', 'exit 3')
    await pipeline().until('it has failed', () => pipeline().shown(red)?.build?.state === 'failed')
    first = pipeline().push('v2', 'exit 0')
    const plan = await untilPlanned(first)
    expect(plan).to.match(/^[0-9a-f]{12}$/)
    expect(pipeline().shown(red)?.plans).to.deep.equal([])
    expect(pipeline().lockstep('pipeline').text).to.match(
      new RegExp(`planned for test as ${plan}: 3 changes to 3 hosts; waits for approval`),
    )
    expect(served()).to.deep.equal(all('nothing'))
  })

  it('is refused under a name that no plan has', () => {
    const { status, text } = approve('0123456789ab')
    expect(status).to.equal(2)
    expect(text).to.match(
      /no plan of website is called "0123456789ab"; expected one that waits for approval: \w+ for test/,
    )
  })

  it('is rolled out once it is approved, by name, and is good for one rollout', async () => {
    const plan = planOf(first)?.plan ?? ''
    expect(approve(plan).status).to.equal(0)
    expect(await untilRolledOut(first)).to.include({ state: 'succeeded', verdict: 'PASSED' })
    expect(served()).to.deep.equal(all(first))
    expect(planOf(first)?.approved?.by).to.equal('root')
    const again = approve(plan)
    expect(again.status, again.text).to.equal(6)
    expect(again.text).to.match(
      /cannot be approved: it was approved already by root at .*, and the rollout \S+ was begun/,
    )
    expect(liveRuns()).to.equal(1)
  })

  it('is rolled out once where lockstep serve is killed around every step of it', async () => {
    second = pipeline().push('v3', 'exit 0 # 3')
    await pipeline().until('it is begun to be planned', () => planOf(second) !== undefined)
    await pipeline().killServe()
    await pipeline().serve()
    const plan = await untilPlanned(second)
    expect(
      pipeline()
        .shown(second)
        ?.plans.filter(({ state }) => state === 'running'),
    ).to.deep.equal([])
    await pipeline().killServe()
    expect(approve(plan).text).to.contain('once lockstep serve runs')
    writeFileSync(slow(), '')
    await pipeline().serve()
    await pipeline().until('a host has switched', () => served().includes(second))
    await pipeline().killServe()
    expect(pipeline().lockstep('pipeline').text).to.match(
      /rollout \S+ was begun at .*; lockstep serve does not run/,
    )
    await pipeline().serve()
    expect(planOf(second)?.rollout?.state).to.equal('running')
    expect(await pipeline().endServe(), 'the exit status of lockstep serve').to.equal(0)
    rmSync(slow())
    await pipeline().until('all serve it, without lockstep serve', () =>
      served().every((each) => each === second),
    )
    await pipeline().serve()
    expect(await untilRolledOut(second)).to.include({ state: 'succeeded', verdict: 'PASSED' })
    expect(liveRuns()).to.equal(2)
    expect([eventsOf('rollout begun'), eventsOf('rollout ended')]).to.deep.equal([2, 2])
    const posts = WEB.map((host) => readFileSync(join(pipeline().folder(host), 'posts'), 'utf8'))
    expect(posts).to.deep.equal(WEB.map(() => 'ran\nran\n'))
  })

  it('is refused by the rollout, by name, where the feature was changed behind the plan', async () => {
    const third = pipeline().push('v4', 'exit 0 # 4')
    const plan = await untilPlanned(third)
    await pipeline().killServe()
    writeFileSync(at('deploy.feature'), DEPLOY('    And the working tree should be unchanged\n'))
    expect(approve(plan).status).to.equal(0)
    await pipeline().serve()
    const rollout = await untilRolledOut(third)
    expect(rollout).to.include({ state: 'failed', verdict: 'REFUSED' })
    expect(rollout?.why).to.match(
      new RegExp(`the plan ${plan} is not what would be done now: deploy\\.feature was changed`),
    )
    expect(served()).to.deep.equal(all(second))
    expect(pipeline().lockstep('pipeline', 'website', '--plan', 'test').status).to.equal(0)
    await pipeline().until('there is another plan', () => planOf(third)?.rollout === null)
    const next = await untilPlanned(third)
    expect(next).not.to.equal(plan)
    expect(approve(next).status).to.equal(0)
    expect(await untilRolledOut(third)).to.include({ state: 'succeeded' })
    expect(served()).to.deep.equal(all(third))
  })

  it('is over once a newer commit has passed', async () => {
    const old = pipeline().push('v5', 'exit 0 # 5')
    const plan = await untilPlanned(old)
    const newer = pipeline().push('v6', 'exit 0 # 6')
    await untilPlanned(newer)
    const late = approve(plan)
    expect(late.status, late.text).to.equal(6)
    expect(late.text).to.contain('a newer plan was begun')
  })

  it('names the lock of another rollout, and does not try again by itself', async () => {
    const commit = pipeline().push('v7', 'exit 0 # 7')
    const plan = await untilPlanned(commit)
    const before = served()
    const other = new HostLocks(lockSurroundings(process.env))
    const hosts = WEB.slice(1, 2)
    expect(
      await other.claim({ run: 'of-somebody-else', feature: 'x.feature', fleet: 'f', hosts }),
    ).to.deep.equal([])
    try {
      expect(approve(plan).status).to.equal(0)
      const rollout = await untilRolledOut(commit)
      expect(rollout).to.include({ state: 'failed', verdict: 'REFUSED' })
      expect(rollout?.why).to.contain('of-somebody-else')
      expect(served()).to.deep.equal(before)
    } finally {
      await other.release()
    }
    await restartWith('approval')
    expect(approve(plan).text).to.contain('it was approved already by root')
  })

  it('is said not to be rolled out in safe mode, with any exit status', async () => {
    await restartWith('approval', '    safe_mode: true\n')
    const commit = pipeline().push('v8', 'exit 0 # 8')
    const plan = await untilPlanned(commit)
    const before = served()
    expect(approve(plan).status).to.equal(0)
    const rollout = await untilRolledOut(commit)
    expect(rollout?.state).to.equal('failed')
    expect(rollout?.why).to.match(/Safe mode: nothing was changed/)
    expect(served()).to.deep.equal(before)
  })

  it('needs no person where the configuration says so, and the journal says that', async () => {
    await restartWith('run without approval')
    const commit = pipeline().push('v9', 'exit 0 # 9')
    await untilPlanned(commit)
    expect(await untilRolledOut(commit)).to.include({ state: 'succeeded', verdict: 'PASSED' })
    expect(planOf(commit)?.approved).to.include({ by: null })
    expect(served()).to.deep.equal(all(commit))
    expect(pipeline().lockstep('pipeline').text).to.match(
      /approved by lockstep\.yaml at \S+\n {6}rolled out to 3 hosts by run \S+: PASSED\n/,
    )
  })
})
