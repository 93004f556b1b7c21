import { spawnSync } from 'node:child_process'
import { hostname } from 'node:os'
import { expect } from 'chai'
import { ApprovedWebsite } from './approved_website'

/** The name of the other machine: a process of it has its own host name, and sees no process of this one. */
const OTHER = 'lsother'

describe('an approved rollout whose lockstep serve is taken over from on another machine', function () {
  this.timeout(600_000)
  let started: ApprovedWebsite | undefined

  const site = () => started ?? expect.fail('it was not started')

  before(async function () {
    if (process.getuid?.() !== 0 || spawnSync('unshare', ['--uts', '--pid', '--fork', 'true']).status !== 0)
      this.skip()
    started = await ApprovedWebsite.start(`lsmachine${process.pid}`)
  })
  after(() => started?.stop())

  /** Has a rollout begun that goes on until `goOn`, by the machine that serves. */
  const begin = async (tag: string) => {
    const commit = site().pipeline.push(tag, `exit 0 # ${tag}`)
    const plan = await site().untilPlanned(commit)
    site().delayScripts()
    expect(site().approve(plan).status).to.equal(0)
    await site().pipeline.until('a host has switched', () => site().served().includes(commit))
    return { commit, run: site().planOf(commit)?.rollout?.run ?? '' }
  }
  /** Expects that a rollout is taken to be under way, also where there is something else to do, and that nothing else is begun. */
  const expectWaiting = async (
    commit: string,
    run: string,
    [begunOn, servedOn]: [string, string],
    tag: string,
  ) => {
    const next = site().pipeline.push(tag, `exit 0 # ${tag}`)
    // The hosts fetch nothing while their post scripts run.
    await site().pipeline.until(
      'it is tested',
      () => site().pipeline.shown(next)?.build?.state === 'succeeded',
    )
    expect(site().planOf(commit)?.rollout?.state).to.equal('running')
    expect(site().planOf(next)).to.equal(undefined)
    expect(site().pipeline.lockstep('pipeline').text).to.match(
      new RegExp(
        `rollout ${run} was begun at \\S+ on ${begunOn}, and may still run there: lockstep serve on ${servedOn} waits for the end of its journal; once nothing of it runs there any more, say: .*--gone ${run}\n`,
      ),
    )
  }

  it('is waited for there by its own journal, and is rolled out once', async () => {
    const { commit, run } = await begin('v1')
    expect(await site().pipeline.endServe(), 'the exit status of lockstep serve').to.equal(0)
    await site().pipeline.serve(OTHER)
    await expectWaiting(commit, run, [hostname(), OTHER], 'v2')
    expect(site().eventsOf('rollout ended')).to.equal(0)
    site().goOn()
    expect(await site().untilRolledOut(commit)).to.include({ state: 'succeeded', verdict: 'PASSED' })
    expect([site().eventsOf('rollout begun'), site().liveRuns()]).to.deep.equal([1, 1])
    expect(site().posts()).to.deep.equal([1, 1, 1])
  })

  it('has not ended where its machine is gone with all that ran there, until a person says so', async () => {
    const { commit, run } = await begin('v3')
    // All processes of the other machine end with its first one.
    await site().pipeline.endServe()
    await site().pipeline.serve()
    await expectWaiting(commit, run, [OTHER, hostname()], 'v4')
    const told = site().pipeline.lockstep('pipeline', 'website', '--gone', run)
    expect(told.status, told.text).to.equal(0)
    expect(await site().untilRolledOut(commit)).to.include({ state: 'interrupted', verdict: null })
    site().goOn()
    expect(site().pipeline.lockstep('pipeline').text).to.contain(`rollout ${run} did not end: `)
    expect(site().eventsOf('rollout begun')).to.equal(2)
  })
})
