import { expect } from 'chai'
import fc from 'fast-check'
import type { RepositorySettings } from '../config/pipeline_setting'
import { FakeClock, settled } from '../testing/fake_clock'
import { Killed, MemoryPipelineLog } from '../testing/memory_pipeline_log'
import type { BuildOrder, BuildOutcome } from './build'
import { Builder, type FollowedRepository } from './builder'
import type { RecordedPipelineEvent } from './events'
import { PipelineState } from './pipeline_state'
import { Worker } from './worker'

const NAMES = ['api', 'website'] as const
const COMMITS = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(40))
/** A commit that was pushed away before anybody looked. */
const GONE = 'e'.repeat(40)

interface World {
  pushes: readonly { repository: string; ref: string; after: string }[]
  /** Whether the servers answer, question by question; they do after the last of them. */
  isUp: boolean[]
  /** How many builds of a commit a fault of the machine spoils. */
  faults: Map<string, number>
  red: ReadonlySet<string>
}

describe('a worker that is killed at any time', () => {
  const push = fc.record({
    repository: fc.constantFrom(...NAMES),
    ref: fc.constantFrom(
      'refs/heads/main',
      'refs/heads/main',
      'refs/heads/side',
      'refs/tags/v1',
      'refs/heads/a b',
    ),
    after: fc.constantFrom(...COMMITS, GONE),
  })
  const world = fc.record({
    pushes: fc.array(push, { minLength: 1, maxLength: 8 }),
    isUp: fc.array(fc.boolean(), { maxLength: 6 }),
    faults: fc
      .array(fc.tuple(fc.constantFrom(...COMMITS), fc.integer({ min: 1, max: 3 })))
      .map((all) => new Map(all)),
    red: fc.subarray(COMMITS).map((all) => new Set(all)),
  })
  const kills = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 12 })

  it('loses no push, and brings each commit to exactly one result', async () => {
    await fc.assert(
      fc.asyncProperty(world, kills, async (world, points) => {
        const life = new Life(world)
        await life.tell()
        for (const point of points) await life.work(point)
        await life.work(Infinity)
        expectAllWell(life.events, world, life)
      }),
      { numRuns: 150 },
    )
  }).timeout(300_000)
})

/** The journal and the builds of one pipeline, over the lives of its processes. */
class Life {
  readonly events: RecordedPipelineEvent[] = []
  /** The builds whose command runs, by id. */
  readonly running = new Set<string>()
  readonly overlaps: string[] = []
  private ids = 0
  /** The builds whose command this process runs now. */
  private atWork = 0

  private readonly world: World

  constructor({ pushes, isUp, faults, red }: World) {
    this.world = { pushes, isUp: [...isUp], faults: new Map(faults), red }
  }

  async tell(): Promise<void> {
    const log = new MemoryPipelineLog(this.events)
    for (const [index, { repository, ref, after }] of this.world.pushes.entries())
      await log.take(`d${index}`, ref, after, repository)
  }

  /** Works until nothing is left to do, or until the process has written so many events. */
  async work(killedAfter: number): Promise<void> {
    const log = new MemoryPipelineLog(this.events, killedAfter)
    const clock = new FakeClock()
    const repositories = new Map(NAMES.map((name) => [name, this.follow(name)]))
    const builder = new Builder({
      repositories,
      log,
      clock,
      newId: () => `b${(this.ids += 1)}`,
      endLeft: (build) => void this.running.delete(build),
      runBuild: (order) => this.runBuild(order),
      tidyUp: async () => {},
      onFault: () => {},
    })
    const over = new AbortController()
    const begin = () => builder.interruptLeft()
    const work = new Worker(log, repositories, [builder], clock, () => {}, begin).work(over.signal)
    const ended = new AbortController()
    const end = work.then(
      () => undefined,
      (error: unknown) => error,
    )
    void end.then(() => ended.abort())
    const rest = async () => {
      let seen = -1
      while (seen !== log.added.length || this.atWork > 0) {
        seen = log.added.length
        await settled()
      }
    }
    await rest()
    while (!ended.signal.aborted && clock.pending.length > 0) {
      await clock.next()
      await rest()
    }
    over.abort()
    const fault = await end
    if (fault !== undefined && !(fault instanceof Killed)) throw fault
    // The command of a build goes on when its worker is killed.
    for (const { build } of PipelineState.of(this.events).commits)
      if (build?.state === 'running') this.running.add(build.build)
  }

  private follow(name: string): FollowedRepository {
    const settings: RepositorySettings = {
      name,
      url: `/srv/${name}.git`,
      branches: ['main'],
      tags: ['v*'],
      triggers: [],
      build: { kind: 'command', command: ['make'], within: 1_000, environment: [] },
    }
    // What was not fetched is not there.
    let isFetched = false
    return {
      settings,
      source: {
        fetch: async () => {
          await Promise.resolve()
          isFetched = this.world.isUp.shift() !== false
          return isFetched ? { kind: 'fetched' } : { kind: 'away', why: 'away' }
        },
        locate: async (_, commit) =>
          commit === GONE || !isFetched ? { kind: 'elsewhere', why: 'gone' } : { kind: 'there', commit },
        checkOut: async () => ({ kind: 'ready' }),
      },
    }
  }

  private async runBuild({ build, commit }: BuildOrder): Promise<BuildOutcome> {
    if (this.running.size > 0) this.overlaps.push(build)
    this.running.add(build)
    this.atWork += 1
    await settled()
    this.atWork -= 1
    const { faults, red } = this.world
    this.running.delete(build)
    const left = faults.get(commit) ?? 0
    faults.set(commit, left - 1)
    if (left > 0) return { result: 'interrupted', why: 'the disk is full' }
    return red.has(commit) ? { result: 'failed', why: 'red' } : { result: 'succeeded', why: null }
  }
}

function expectAllWell(events: readonly RecordedPipelineEvent[], world: World, life: Life): void {
  const state = PipelineState.of(events)
  const wanted = world.pushes.filter(({ ref }) => ['refs/heads/main', 'refs/tags/v1'].includes(ref))
  for (const [index, { repository, ref, after }] of world.pushes.entries()) {
    const change = state.deliveries.get(`d${index}`)?.changes[0]
    const isSeen = after !== GONE && wanted.some((push) => push.ref === ref && push.repository === repository)
    expect(change?.state).to.equal(isSeen ? 'seen' : 'passed over')
  }
  const keys = wanted
    .filter(({ after }) => after !== GONE)
    .map(({ repository, after }) => `${repository} ${after}`)
  expect(state.commits.map(({ repository, commit }) => `${repository} ${commit}`)).to.have.members([
    ...new Set(keys),
  ])
  const begun = new Map(
    events.flatMap((event) => (event.type === 'build begun' ? [[event.build, event]] : [])),
  )
  for (const { repository, commit, build } of state.commits) {
    expect(build?.state).to.equal(world.red.has(commit) ? 'failed' : 'succeeded')
    const ends = events.filter(
      (event) =>
        event.type === 'build ended' &&
        event.result !== 'interrupted' &&
        begun.get(event.build)?.commit === commit &&
        begun.get(event.build)?.repository === repository,
    )
    expect(ends).to.have.length(1)
  }
  // Each build that was begun has ended once, and none was begun while another went on.
  const ended = events.flatMap((event) => (event.type === 'build ended' ? [event.build] : []))
  expect(ended).to.have.members([...begun.keys()])
  expect(life.overlaps).to.deep.equal([])
  expectOneAtATime(events)
}

function expectOneAtATime(events: readonly RecordedPipelineEvent[]): void {
  let open: string | undefined
  for (const event of events) {
    if (event.type === 'build begun') {
      expect(open).to.equal(undefined)
      open = event.build
    }
    if (event.type !== 'build ended') continue
    expect(event.build).to.equal(open)
    open = undefined
  }
}
