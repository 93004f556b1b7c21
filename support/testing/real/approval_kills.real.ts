import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import type { PipelineEvent } from '../../pipeline/events'
import { JOURNAL_SUFFIX } from '../../system/journal_lines'
import { ApprovedWebsite } from './approved_website'

/** The events of an approval that come before the start of its rollout. */
const EVENTS = ['plan approved', 'rollout begun'] as const

describe('an approved rollout to three hosts with our daemon, among kills', function () {
  this.timeout(600_000)
  let started: ApprovedWebsite | undefined

  const site = () => started ?? expect.fail('it was not started')
  /** Kills lockstep serve as soon as another event of a type is in its journal, and starts it again. */
  const killAt = async (type: PipelineEvent['type'], before: number) => {
    while (site().eventsOf(type) === before) await new Promise((resolve) => setImmediate(resolve))
    await site().pipeline.killServe()
    await site().pipeline.serve()
  }

  before(async function () {
    if (process.getuid?.() !== 0) this.skip()
    started = await ApprovedWebsite.start(`lskills${process.pid}`)
  })
  after(() => started?.stop())

  it('is rolled out once where lockstep serve is killed around every step of it', async () => {
    const second = site().pipeline.push('v3', 'exit 0 # 3')
    await site().pipeline.until('it is begun to be planned', () => site().planOf(second) !== undefined)
    await site().pipeline.killServe()
    await site().pipeline.serve()
    const plan = await site().untilPlanned(second)
    expect(
      site()
        .pipeline.shown(second)
        ?.plans.filter(({ state }) => state === 'running'),
    ).to.deep.equal([])
    await site().pipeline.killServe()
    expect(site().approve(plan).text).to.contain('once lockstep serve runs')
    site().delayScripts()
    await site().pipeline.serve()
    await site().pipeline.until('a host has switched', () => site().served().includes(second))
    await site().pipeline.killServe()
    expect(site().pipeline.lockstep('pipeline').text).to.match(
      /rollout \S+ was begun at .*; lockstep serve does not run/,
    )
    await site().pipeline.serve()
    expect(site().planOf(second)?.rollout?.state).to.equal('running')
    expect(await site().pipeline.endServe(), 'the exit status of lockstep serve').to.equal(0)
    site().goOn()
    await site().pipeline.until('all serve it, without lockstep serve', () =>
      site()
        .served()
        .every((each) => each === second),
    )
    await site().pipeline.serve()
    expect(await site().untilRolledOut(second)).to.include({ state: 'succeeded', verdict: 'PASSED' })
    expect(site().liveRuns()).to.equal(1)
    expect([site().eventsOf('rollout begun'), site().eventsOf('rollout ended')]).to.deep.equal([1, 1])
    expect(site().posts()).to.deep.equal([1, 1, 1])
  })

  for (const [index, type] of EVENTS.entries())
    it(`is begun once at the most where lockstep serve is killed right behind "${type}"`, async () => {
      const commit = site().pipeline.push(`v1${index}`, `exit 0 # 1${index}`)
      const plan = await site().untilPlanned(commit)
      const [runs, before] = [site().liveRuns(), site().eventsOf(type)]
      expect(site().approve(plan).status).to.equal(0)
      await killAt(type, before)
      const rollout = await site().untilRolledOut(commit)
      // A kill between the event and the start is taken for the end of it: it is not started later.
      if (rollout?.state === 'succeeded') expect(new Set(site().served())).to.deep.equal(new Set([commit]))
      else expect(rollout?.why).to.match(/^it did not begin: /)
      expect(site().liveRuns() - runs).to.equal(rollout?.state === 'succeeded' ? 1 : 0)
      expect(site().eventsOf('rollout begun')).to.equal(site().eventsOf('rollout ended'))
      expect(site().approve(plan).status).to.equal(6)
    })

  it('is not rolled out where its own process was killed, and is not begun again', async () => {
    const commit = site().pipeline.push('v2', 'exit 0 # 2')
    const plan = await site().untilPlanned(commit)
    site().delayScripts()
    expect(site().approve(plan).status).to.equal(0)
    await site().pipeline.until('a host has switched', () => site().served().includes(commit))
    const run = site().planOf(commit)?.rollout?.run ?? ''
    const journal = readFileSync(site().at('state', 'live', `${run}${JOURNAL_SUFFIX}`), 'utf8')
    process.kill(Number(/"pid":(\d+)/.exec(journal)?.[1]), 'SIGKILL')
    const rollout = await site().untilRolledOut(commit)
    expect(rollout?.state).to.equal('interrupted')
    expect(rollout?.why).to.match(/the run did not end: its journal stops/)
    site().goOn()
    const runs = site().liveRuns()
    await site().restartWith('approval')
    expect(site().pipeline.lockstep('pipeline').text).to.contain(`rollout ${run} did not end (INTERRUPTED)`)
    expect(site().liveRuns()).to.equal(runs)
  })

  it('is not rolled out where its tag has moved behind the plan', async () => {
    const commit = site().pipeline.push('v4', 'exit 0 # 4')
    const plan = await site().untilPlanned(commit)
    const before = site().served()
    await site().pipeline.killServe()
    const { website } = site().pipeline
    const other = website.commit({ 'index.html': 'another one' })
    website.git('push', '--quiet', '--force', website.url, 'HEAD:refs/tags/v4')
    expect(site().approve(plan).status).to.equal(0)
    await site().pipeline.serve()
    await site().pipeline.until(
      'the other commit is tested',
      () => site().pipeline.shown(other)?.build?.state === 'succeeded',
    )
    await site().pipeline.until('it is over', () => {
      const { rollout = null, over = null } = site().planOf(commit) ?? {}
      return rollout === null ? over !== null : rollout.state !== 'running'
    })
    expect(site().planOf(commit)?.rollout?.state).not.to.equal('succeeded')
    expect(site().served()).to.deep.equal(before)
  })
})
