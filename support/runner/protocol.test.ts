import { expect } from 'chai'
import fc from 'fast-check'
import type { RepositorySettings } from '../config/pipeline_setting'
import type { BuildResult, RecordedPipelineEvent } from '../pipeline/events'
import { PipelineState } from '../pipeline/pipeline_state'
import { RunnerOrders } from '../pipeline/runner_orders'
import type { RunnerOrder, RunnerReport } from '../pipeline/runner_report'
import type { Clock } from '../system/clock'
import { settled } from '../testing/fake_clock'
import { MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { MemoryReportStore } from '../testing/memory_report_store'
import { runOrders } from './run_orders'

const COMMITS = ['a', 'b', 'c'].map((digit) => digit.repeat(40))
const RUNNERS = ['ann', 'ben'] as const
const HOUR = 3_600_000
type RunnerName = (typeof RUNNERS)[number]
type Owner = RunnerName | 'serve'

/** The next thing that happens: an operation that waits goes on, somebody is killed, or a stranger sends what was sent before. */
type Act =
  | { kind: 'go on'; which: number; how: number }
  | { kind: 'kill'; who: Owner }
  | { kind: 'ann is gone for good' }
  | { kind: 'look' }
  | { kind: 'push'; commit: number }
  | { kind: 'ask again'; commit: number }
  | { kind: 'replay'; which: number }
  | { kind: 'lie'; which: number; commit: number }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('go on' as const), which: fc.nat(), how: fc.nat() }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'look' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('kill' as const),
      who: fc.constantFrom<Owner>('ann', 'ben', 'serve'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'ann is gone for good' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('push' as const), commit: fc.nat({ max: 2 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('ask again' as const), commit: fc.nat({ max: 2 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('replay' as const), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('lie' as const),
      which: fc.nat(),
      commit: fc.nat({ max: 2 }),
    }),
  },
)

describe('orders of builds, and what runners report of them', () => {
  it('come to one true result of each commit, also after kills and replays', async () => {
    const acts = fc.array(act, { minLength: 20, maxLength: 90 })
    const red = fc.subarray(COMMITS).map((all) => new Set(all))
    await fc.assert(
      fc.asyncProperty(acts, red, async (all, red) => {
        const world = new World(red)
        await world.begin()
        for (const each of all) await world.do(each)
        await world.settle()
        world.expectAllWell()
      }),
      { numRuns: 400 },
    )
  }).timeout(300_000)
})

interface Message<T> {
  body: T
  heldBy: Owner | undefined
}

/** An operation of a process that waits for its turn; one of a process that is killed never comes to it. */
interface Waiting {
  owner: Owner
  /** Returns whether it can go on now. */
  can(): boolean
  go(how: number): void
}

/** Two durable queues, a `lockstep serve` and two runners, each of which may end and begin anew at any moment. */
class World {
  readonly events: RecordedPipelineEvent[] = []
  private orders: Message<RunnerOrder>[] = []
  private reports: Message<{ report: RunnerReport; runner: string }>[] = []
  private readonly sent: { report: RunnerReport; runner: string }[] = []
  private readonly published: RunnerOrder[] = []
  /** The true end of each build on runners. */
  private readonly ran = new Map<string, { commit: string; results: BuildResult[] }>()
  private readonly pushed = new Set<string>()
  private readonly stores = new Map(RUNNERS.map((name) => [name, new MemoryReportStore()]))
  private waiting: Waiting[] = []
  private readonly lives = new Map<Owner, number>()
  private serving: { log: MemoryPipelineLog; orders: RunnerOrders } | undefined
  private looking = false
  private isAnnGone = false
  private ids = 0
  private time = 0
  private interruptions = 4

  constructor(private readonly red: ReadonlySet<string>) {}

  async begin(): Promise<void> {
    this.start('serve')
    for (const name of RUNNERS) this.start(name)
    await settled()
  }

  async do(act: Act): Promise<void> {
    switch (act.kind) {
      case 'go on':
        this.goOn(act.which, act.how)
        break
      case 'kill':
        this.kill(act.who)
        if (act.who !== 'ann' || !this.isAnnGone) this.start(act.who)
        break
      case 'ann is gone for good':
        this.kill('ann')
        this.isAnnGone = true
        break
      case 'look':
        this.look()
        break
      case 'push':
        await this.push(COMMITS[act.commit] ?? '')
        break
      case 'ask again':
        await this.askAgain(COMMITS[act.commit] ?? '')
        break
      case 'replay': {
        const report = this.sent[act.which % Math.max(1, this.sent.length)]
        const order = this.published[act.which % Math.max(1, this.published.length)]
        if (report !== undefined) this.reports.push({ body: report, heldBy: undefined })
        if (order !== undefined) this.orders.push({ body: order, heldBy: undefined })
        break
      }
      case 'lie': {
        // A known runner that is mistaken names a build with another commit.
        const order = this.published[act.which % Math.max(1, this.published.length)]
        const commit = COMMITS[act.commit] ?? ''
        if (order === undefined || order.commit === commit) break
        const { build, repository } = order
        const output = { end: Buffer.alloc(0), bytes: 0, path: '' }
        const how = { result: 'succeeded', why: null, isGone: false, seconds: 1, output } as const
        const report: RunnerReport = { event: 'ended', build, repository, commit, ...how }
        this.reports.push({ body: { report, runner: 'ann' }, heldBy: undefined })
      }
    }
    await settled()
    this.deliver()
    await settled()
  }

  /** Goes on until nothing is left to do. Nobody is killed any more. */
  async settle(): Promise<void> {
    for (let quiet = 0, rounds = 0; quiet < 4; rounds += 1) {
      if (rounds > 3_000) throw new Error('it never comes to an end')
      const before = this.events.length
      this.look()
      await settled()
      this.deliver()
      await settled()
      const isBusy = this.waiting.some((each) => each.can())
      // Whether a report, an order or a timer comes first, a long time passes at last.
      if (isBusy) this.goOn(0, 1)
      else this.time += HOUR
      await settled()
      const isQuiet = !isBusy && this.events.length === before && this.reports.length === 0
      quiet = isQuiet && this.orders.length === 0 ? quiet + 1 : 0
    }
  }

  expectAllWell(): void {
    const state = PipelineState.of(this.events)
    for (const commit of this.pushed) {
      const build = state.commit('website', commit)?.build
      expect(build?.state, commit).to.equal(this.red.has(commit) ? 'failed' : 'succeeded')
    }
    const begun = new Map(
      this.events.flatMap((event) => (event.type === 'build begun' ? [[event.build, event.commit]] : [])),
    )
    const ends = this.events.flatMap((event) => (event.type === 'build ended' ? [event] : []))
    expect(ends.map(({ build }) => build)).to.have.members([...begun.keys()])
    for (const { build, result, runner } of ends) {
      if (runner === undefined) expect(result).to.equal('interrupted')
      else expect(this.ran.get(build)?.results).to.include(result)
      if (runner !== undefined) expect(this.ran.get(build)?.commit).to.equal(begun.get(build))
    }
    expect([...this.orders, ...this.reports]).to.deep.equal([])
  }

  private goOn(which: number, how: number): void {
    const ready = this.waiting.filter((each) => each.can())
    const next = ready[which % Math.max(1, ready.length)]
    this.waiting = this.waiting.filter((each) => each !== next)
    next?.go(how)
  }

  private kill(who: Owner): void {
    this.lives.set(who, (this.lives.get(who) ?? 0) + 1)
    this.waiting = this.waiting.filter(({ owner }) => owner !== who)
    for (const message of [...this.orders, ...this.reports])
      if (message.heldBy === who) message.heldBy = undefined
    if (who === 'serve') this.looking = false
  }

  private start(who: Owner): void {
    if (who !== 'serve') return this.run(who)
    const log = new MemoryPipelineLog(this.events)
    const command = { kind: 'runners', command: ['make'], within: 1_000 } as const
    const lists = { branches: ['main'], tags: [], triggers: [] }
    const website: RepositorySettings = { name: 'website', url: '/srv/website.git', ...lists, build: command }
    const orders = new RunnerOrders({
      repositories: [website],
      log,
      clock: this.clockOf('serve'),
      newId: () => `b${(this.ids += 1)}`,
      key: 'key',
      publish: (order) =>
        this.later('serve', (how) => {
          // The broker may take what it does not confirm.
          if (how % 4 !== 0) this.orders.push({ body: order, heldBy: undefined })
          this.published.push(order)
          if (how % 4 === 0 || how % 4 === 2) throw new Error('the broker is gone')
        }),
      counts: () => true,
      keepOutput: () => {},
      tidyUp: async () => {},
      onTrouble: () => {},
    })
    this.serving = { log, orders }
  }

  private run(name: RunnerName): void {
    const store = this.stores.get(name) ?? new MemoryReportStore()
    void runOrders(
      {
        store,
        clock: this.clockOf(name),
        orders: {
          take: () =>
            this.later(
              name,
              () => {
                const message = this.orders.find(({ heldBy }) => heldBy === undefined)
                if (message === undefined) return undefined
                message.heldBy = name
                return {
                  order: message.body,
                  acknowledge: () =>
                    this.later(name, () => {
                      if (message.heldBy === name) this.orders.splice(this.orders.indexOf(message), 1)
                    }),
                  close: async () => {
                    if (message.heldBy === name) message.heldBy = undefined
                  },
                }
              },
              () => this.orders.some(({ heldBy }) => heldBy === undefined),
            ),
        },
        reports: {
          publish: (report) =>
            this.later(name, (how) => {
              if (how % 4 !== 0) {
                this.reports.push({ body: { report, runner: name }, heldBy: undefined })
                this.sent.push({ report, runner: name })
              }
              if (how % 4 === 0 || how % 4 === 2) throw new Error('the broker is gone')
            }),
        },
        build: ({ build, commit }) =>
          this.later(name, (how) => {
            const isSpoilt = how % 5 === 0 && this.interruptions > 0
            if (isSpoilt) this.interruptions -= 1
            const result = isSpoilt ? 'interrupted' : this.red.has(commit) ? 'failed' : 'succeeded'
            const known = this.ran.get(build) ?? { commit, results: [] }
            this.ran.set(build, { commit, results: [...known.results, result] })
            const why = result === 'succeeded' ? null : result
            return { result, why, output: { end: Buffer.alloc(0), bytes: 0, path: '' } }
          }),
        onTaken: () => {},
        onEnded: () => {},
        onTrouble: () => {},
      },
      new AbortController().signal,
    )
  }

  /** Begins an operation of a process, which goes on when the world says so. */
  private later<T>(owner: Owner, work: (how: number) => T, can: () => boolean = () => true): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const go = (how: number) => {
        try {
          resolve(work(how))
        } catch (error) {
          reject(error as Error)
        }
      }
      this.waiting.push({ owner, can, go })
    })
  }

  private clockOf(owner: Owner): Clock {
    const elapsed = () => this.time
    return {
      now: elapsed,
      elapsed,
      after: (ms, callback) => {
        const waiting = {
          owner,
          can: () => true,
          go: () => {
            this.time += ms
            callback()
          },
        }
        this.waiting.push(waiting)
        return () => void (this.waiting = this.waiting.filter((each) => each !== waiting))
      },
    }
  }

  private look(): void {
    if (this.looking || this.serving === undefined) return
    this.looking = true
    const life = this.lives.get('serve')
    void this.serving.orders.look(new AbortController().signal).then(() => {
      if (this.lives.get('serve') === life) this.looking = false
    })
  }

  /** Hands `lockstep serve` the next report, one at a time. */
  private deliver(): void {
    const [message] = this.reports
    if (message === undefined || message.heldBy !== undefined || this.serving === undefined) return
    message.heldBy = 'serve'
    const { orders } = this.serving
    const { report, runner } = message.body
    void orders.take(report, runner, new AbortController().signal).then(() =>
      this.later('serve', () => {
        if (message.heldBy === 'serve') this.reports.splice(this.reports.indexOf(message), 1)
      }),
    )
  }

  private async push(commit: string): Promise<void> {
    this.pushed.add(commit)
    const seen = { repository: 'website', ref: 'refs/heads/main', after: commit, commit, isToBuild: true }
    await this.serving?.log.append({ type: 'commit seen', delivery: 'd', ...seen })
  }

  private async askAgain(commit: string): Promise<void> {
    if (this.pushed.has(commit))
      await this.serving?.log.append({ type: 'build asked for', repository: 'website', commit, by: null })
  }
}
