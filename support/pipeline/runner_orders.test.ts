import { expect } from 'chai'
import type { RepositorySettings } from '../config/pipeline_setting'
import { MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { A, B, MAIN } from '../testing/pipeline_events'
import { Builder } from './builder'
import type { RecordedPipelineEvent } from './events'
import { formatEvent } from './format_event'
import { formatPipeline } from './format_pipeline'
import { accountsOf } from './pipeline_account'
import { RunnerOrders } from './runner_orders'
import type { RunnerOrder, RunnerReport } from './runner_report'
import { testedAs } from './build_result'
import { FakeClock } from '../testing/fake_clock'

describe('orders of builds to runners', () => {
  const forever = new AbortController().signal
  let clock: FakeClock
  let events: RecordedPipelineEvent[]
  let log: MemoryPipelineLog
  let published: RunnerOrder[]
  let troubles: string[]
  let kept: string[]
  let ids: number
  let isBrokerAway: boolean
  let onPublished: (order: RunnerOrder) => Promise<unknown>
  beforeEach(() => {
    clock = new FakeClock()
    events = []
    log = new MemoryPipelineLog(events)
    published = []
    troubles = []
    kept = []
    ids = 0
    isBrokerAway = false
    onPublished = async () => {}
  })

  const website: RepositorySettings = {
    name: 'website',
    url: 'https://git:hunter22@git.example.net/website.git',
    branches: ['main'],
    tags: [],
    triggers: [],
    build: { kind: 'runners', command: ['make', 'test'], within: 60_000 },
  }

  function open(key = 'key', repositories = [website]): RunnerOrders {
    return new RunnerOrders({
      repositories,
      log,
      clock,
      newId: () => `b${(ids += 1)}`,
      key,
      async publish(order) {
        if (isBrokerAway) throw new Error('the broker is gone')
        published.push(order)
        await onPublished(order)
      },
      counts: (runner) => runner !== 'gone',
      keepOutput: (build, runner, { end }) => void kept.push(`${build} ${runner}: ${end.toString()}`),
      tidyUp: async () => {},
      onTrouble: (sentence) => void troubles.push(sentence),
    })
  }
  const see = (commit: string) =>
    log.append({
      type: 'commit seen',
      delivery: 'd1',
      repository: 'website',
      ref: MAIN,
      after: commit,
      commit,
      isToBuild: true,
    })
  const report = (
    build: string,
    more: Partial<Extract<RunnerReport, { event: 'ended' }>> = {},
  ): RunnerReport => ({
    event: 'ended',
    build,
    repository: 'website',
    commit: A,
    result: 'succeeded',
    why: null,
    isGone: false,
    seconds: 2,
    output: { end: Buffer.from('well'), bytes: 4, path: '/o' },
    ...more,
  })
  const taken = (build: string): RunnerReport => ({ event: 'taken', build, repository: 'website', commit: A })
  const types = () => events.map(({ type }) => type)
  const shown = () =>
    formatPipeline(accountsOf(log.state), {
      spool: undefined,
      isServed: true,
      now: clock.now(),
      outputOf: (build) => build,
      isFetchable: () => false,
      plansOf: () => [],
      rolloutsOf: () => [],
      isWhole: false,
    }).split('\n')[1]

  it('are in the journal before they are published, and carry no password', async () => {
    await see(A)
    isBrokerAway = true
    const orders = open()
    expect(await orders.look(forever)).to.equal(1_000)
    expect(types()).to.deep.equal(['commit seen', 'build begun'])
    expect(shown()).to.match(/waits for the broker of the bus for 1 s, so that a runner can take it$/)
    isBrokerAway = false
    await open().look(forever)
    expect(types().slice(2)).to.deep.equal(['build ordered'])
    expect(published).to.deep.equal([
      {
        build: 'b1',
        repository: 'website',
        commit: A,
        ref: MAIN,
        url: 'https://git@git.example.net/website.git',
        command: ['make', 'test'],
        within: 60_000,
      },
    ])
    await open().look(forever)
    expect(published).to.have.length(1)
  })

  it('are published again where another key signs them', async () => {
    await see(A)
    await open('old').look(forever)
    await open('new').look(forever)
    expect(published.map(({ build }) => build)).to.deep.equal(['b1', 'b1'])
  })

  it('are shown as they go: never as passed before a report says so', async () => {
    await see(A)
    const orders = open()
    await orders.look(forever)
    expect(shown()).to.match(/waits for a runner for 1 s$/)
    expect(testedAs(log.state, 'website', A)).to.equal('running')
    expect(await orders.take(taken('b1'), 'ann', forever)).to.equal(undefined)
    expect(await orders.take(taken('b1'), 'ann', forever)).to.equal('was told before')
    expect(shown()).to.match(/is being tested by the runner ann since /)
    expect(await orders.take(report('b1'), 'ann', forever)).to.equal(undefined)
    expect(shown()).to.match(/tests passed in 2\.0 s$/)
    expect(kept).to.deep.equal(['b1 ann: well'])
    expect(events.map((event) => formatEvent(event, log.state)).slice(1)).to.deep.equal([
      `website: the tests of aaaaaaaaaaaa on the branch main are for a runner`,
      `website: the tests of aaaaaaaaaaaa on the branch main wait for a runner`,
      `website: the tests of aaaaaaaaaaaa on the branch main were taken by the runner ann`,
      `website: the tests of aaaaaaaaaaaa on the branch main passed in 2.0 s`,
    ])
  })

  it('end with the first report of an end: all others count for nothing', async () => {
    await see(A)
    const orders = open()
    await orders.look(forever)
    const ends = await Promise.all([
      orders.take(report('b1', { result: 'failed', why: 'ill' }), 'ann', forever),
      orders.take(report('b1'), 'ben', forever),
    ])
    expect(ends).to.deep.equal([undefined, 'is of the build b1, which has ended already'])
    // Another process knows it too.
    log = new MemoryPipelineLog(events)
    expect(await open().take(report('b1'), 'ben', forever)).to.match(/has ended already/)
    expect(testedAs(log.state, 'website', A)).to.equal('failed')
  })

  it('believe no report of something else', async () => {
    await see(A)
    await see(B)
    const orders = open()
    await orders.look(forever)
    await log.append({ type: 'build begun', build: 'local', repository: 'website', commit: B })
    for (const [odd, why] of [
      [report('b9'), /is not known here/],
      [report('b1', { commit: B }), /names another commit/],
      [report('b1', { repository: 'api' }), /names another commit/],
      [report('b2', { commit: B }), /in whose place there is another one/],
      [report('local', { commit: B }), /is not for runners/],
    ] as const)
      expect(await orders.take(odd, 'ann', forever)).to.match(why)
    expect(await open('key', []).take(report('b1'), 'ann', forever)).to.match(/not for runners any more/)
    expect(types()).not.to.include('build ended')
  })

  it('are given anew after a fault of a runner, later and later', async () => {
    await see(A)
    const orders = open()
    await orders.look(forever)
    const fault = { result: 'interrupted', why: 'the disk is full' } as const
    await orders.take(report('b1', fault), 'ann', forever)
    expect(await orders.look(forever)).to.equal(5_000)
    expect(published).to.have.length(1)
    expect(troubles).to.deep.equal([
      `the commit ${A} of website could not be built by the runner ann: the disk is full; it is ordered again in 5 s`,
    ])
    clock.after(5_000, () => {})
    await clock.next()
    await orders.look(forever)
    expect(published.map(({ build }) => build)).to.deep.equal(['b1', 'b2'])
  })

  it('give a commit up that the repository says three times that it does not have', async () => {
    await see(A)
    const orders = open()
    for (const build of ['b1', 'b2', 'b3']) {
      await orders.look(forever)
      const gone = { result: 'interrupted', why: 'it is gone', isGone: true } as const
      await orders.take(report(build, gone), 'ann', forever)
      clock.after(600_000, () => {})
      await clock.next()
    }
    expect(await orders.look(forever)).to.equal(undefined)
    expect(log.state.commit('website', A)?.gone).to.equal('it is gone')
    expect(testedAs(log.state, 'website', A)).to.equal('not built')
  })

  it('give way to another one when somebody asks, and then count no more', async () => {
    await see(A)
    const orders = open()
    await orders.look(forever)
    await log.append({ type: 'build asked for', repository: 'website', commit: A, by: 'ann' })
    await orders.look(forever)
    expect(published.map(({ build }) => build)).to.deep.equal(['b1', 'b2'])
    expect(await orders.take(report('b1'), 'ann', forever)).to.match(/in whose place there is another one/)
    expect(await orders.take(report('b2', { result: 'failed', why: 'ill' }), 'ann', forever)).to.equal(
      undefined,
    )
    expect(testedAs(log.state, 'website', A)).to.equal('failed')
  })

  it('are given anew where the configuration says something else by now: an old command proves nothing', async () => {
    await see(A)
    isBrokerAway = true
    const by = (command: string[]) => ({
      ...website,
      build: { kind: 'runners', command, within: 60_000 } as const,
    })
    await open('key', [by(['true'])]).look(forever)
    isBrokerAway = false
    const orders = open('key', [by(['make', 'test'])])
    expect(await orders.take(report('b1'), 'ann', forever)).to.match(
      /configuration says something else by now/,
    )
    await orders.look(forever)
    expect(published.map(({ build, command }) => [build, command])).to.deep.equal([['b2', ['make', 'test']]])
    expect(await orders.take(report('b1'), 'ann', forever)).to.match(/in whose place there is another one/)
    expect(testedAs(log.state, 'website', A)).to.equal('running')
  })

  it('are given anew where the runner that took them is not believed any more', async () => {
    await see(A)
    const orders = open()
    await orders.look(forever)
    await orders.take(taken('b1'), 'gone', forever)
    await orders.look(forever)
    expect(published.map(({ build }) => build)).to.deep.equal(['b1', 'b2'])
    expect(log.state.commit('website', A)?.build?.state).to.equal('running')
  })

  it('are published again, later and later, where somebody has taken them whose results do not count', async () => {
    await see(A)
    const orders = open()
    const pass = async (ms: number) => {
      clock.after(ms, () => {})
      await clock.next()
    }
    await orders.look(forever)
    for (const pause of [5_000, 10_000]) {
      const before = published.length
      for (const id of ['b1', 'b1', 'b9']) await orders.lose(id, 'is of a stranger', forever)
      expect(await orders.look(forever)).to.equal(pause)
      expect(published).to.have.length(before)
      await pass(pause)
      await orders.look(forever)
      expect(published.slice(before).map(({ build }) => build)).to.deep.equal(['b1'])
    }
    expect(troubles[0]).to.equal(
      'a report on the build of aaaaaaaaaaaa of website is of a stranger; its order is published again in 5 s, for a runner that is named in pipeline.runners',
    )
    // The process may end before that.
    await orders.lose('b1', 'is of a stranger', forever)
    log = new MemoryPipelineLog(events)
    await open().look(forever)
    expect(published.map(({ build }) => build)).to.deep.equal(['b1', 'b1', 'b1', 'b1'])
    expect(events.map((event) => formatEvent(event, log.state))).to.include(
      'website: the order of the tests of aaaaaaaaaaaa on the branch main is to be published again: is of a stranger',
    )
    expect(testedAs(log.state, 'website', A)).to.equal('running')
    await orders.take(report('b1'), 'ann', forever)
    await orders.lose('b1', 'is of a stranger', forever)
    expect(types().slice(-1)).to.deep.equal(['build ended'])
  })

  it('are published again where a runner has dropped one before the receipt of the broker came', async () => {
    await see(A)
    const orders = open()
    const { build, repository, commit } = report('b1')
    onPublished = async () => {
      onPublished = async () => {}
      expect(await orders.take({ event: 'dropped', build, repository, commit }, 'ann', forever)).to.equal(
        undefined,
      )
    }
    expect(await orders.look(forever)).to.equal(5_000)
    expect(types().slice(-2)).to.deep.equal(['build ordered', 'order lost'])
    clock.after(5_000, () => {})
    await clock.next()
    await orders.look(forever)
    expect(published.map((order) => order.build)).to.deep.equal(['b1', 'b1'])
    expect(types().slice(-1)).to.deep.equal(['build ordered'])
  })

  it('are published again where a runner says that it has dropped them', async () => {
    await see(A)
    const orders = open()
    await orders.look(forever)
    const { build, repository, commit } = report('b1')
    expect(await orders.take({ event: 'dropped', build, repository, commit }, 'ann', forever)).to.equal(
      undefined,
    )
    expect(await orders.look(forever)).to.equal(5_000)
    clock.after(5_000, () => {})
    await clock.next()
    await orders.look(forever)
    expect(published.map((each) => each.build)).to.deep.equal(['b1', 'b1'])
    expect(testedAs(log.state, 'website', A)).to.equal('running')
  })

  it('are told of once when no runner takes them, and when one does not end', async () => {
    await see(A)
    const orders = open()
    expect(await orders.look(forever)).to.equal(600_000)
    clock.after(600_000, () => {})
    await clock.next()
    await orders.look(forever)
    expect(await orders.look(forever)).to.equal(undefined)
    expect(troubles.splice(0)).to.deep.equal([
      'the build of aaaaaaaaaaaa of website waits for a runner for 10 min: nobody takes it; see whether lockstep ci --listen website runs somewhere',
    ])
    await orders.take(taken('b1'), 'ann', forever)
    clock.after(4_300_000, () => {})
    await clock.next()
    await orders.look(forever)
    expect(troubles[0]).to.match(
      /was taken by the runner ann .* ago, and has no result; .*--again aaaaaaaaaaaa$/,
    )
  })

  it('outlive lockstep serve, but not a configuration that gives their repository to others', async () => {
    await see(A)
    await open().look(forever)
    const builderOf = (build: RepositorySettings['build']) => {
      const source = {
        fetch: async () => ({ kind: 'fetched' as const }),
        locate: async () => ({ kind: 'unknown' as const, why: '' }),
        checkOut: async () => ({ kind: 'fault' as const, why: '' }),
      }
      return new Builder({
        repositories: new Map([['website', { settings: { ...website, build }, source }]]),
        log,
        clock,
        newId: () => 'x',
        endLeft: () => {},
        runBuild: async () => ({ result: 'succeeded', why: null }),
        tidyUp: async () => {},
        onFault: () => {},
      })
    }
    const remote = builderOf(website.build)
    await remote.interruptLeft()
    expect(await remote.look(forever)).to.equal(undefined)
    expect(log.state.commit('website', A)?.build?.state).to.equal('running')
    const command = { kind: 'command', command: ['make'], within: 1, environment: [] } as const
    await builderOf(command).interruptLeft()
    expect(log.state.commit('website', A)?.build?.state).to.equal('interrupted')
  })
})
