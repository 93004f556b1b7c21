import { expect } from 'chai'
import fc from 'fast-check'
import { hostFirewall } from '../balancers/firewall'
import { BEGAN, FakeFleet, rolloutOn } from '../testing/fake_fleet'
import { failed, ok, silent, webs } from '../testing/web_fleet'
import { LockstepError } from '../system/errors'
import { historyEntryOf, type HistoryEntry as Recorded } from '../history/history_record'
import { standingOf } from '../history/standing'
import { checkpointOf, type Checkpoint } from './model/checkpoint'
import { findLeftHosts } from './model/out_of_rotation'
import type { Balancer } from './ports'
import type { JournalEntry } from './model/journal_entry'
import type { Answer } from './model/answers'
import type { Request } from './model/answers'
import type { Rollout } from './rollout'
import { mayGoOn, type Verdict } from './model/verdict'
import type { WaveSize } from './model/wave_plan'

/** An error thrown in place of the process being killed: nothing after it happens. */
class Killed extends Error {}

type Mishap = 'none' | 'says nothing' | 'fails' | 'lies' | 'reply lost' | 'slips back'

interface Story {
  n: number
  /** The mishap of each host, and the action at which it happens. */
  mishaps: {
    host: number
    mishap: Mishap
    action: 'block' | 'isblocked' | 'update' | 'unblock' | 'install'
  }[]
  first: number
  budget: number
  healthyBack: boolean
  versionsBack: boolean
  end: { how: 'run' | 'kill' | 'ctrl-c'; at: number }
}

/** The hosts, which keep count of what was really done to them, and of what should never be. */
class Truth {
  readonly blocked = new Set<string>()
  readonly version = new Map<string, string>()
  readonly performed = new Map<string, number>()
  readonly updatedInRotation: string[] = []
  /** The hosts that a line has taken for what they were not. */
  readonly taken: string[] = []

  constructor(private mishaps: readonly Story['mishaps'][number][]) {}

  /** Compares what a looking line has made of each host with what the host is. */
  compare(line: string, { observations }: Verdict): void {
    const is: Readonly<Record<string, (host: string) => boolean>> = {
      'traffic should be blocked': (host) => this.blocked.has(host),
      'the version should be': (host) => this.version.get(host) === '2.0',
      'traffic should be unblocked': (host) => !this.blocked.has(host),
    }
    for (const { host, passed, kind } of observations) {
      const really = is[line]?.(host)
      if (really !== undefined && kind === 'answered' && passed !== really)
        this.taken.push(`${line}: ${host}`)
    }
  }

  /** Returns whether a host is on the wanted version, and in rotation. */
  isDone(host: string): boolean {
    return this.version.get(host) === '2.0' && !this.blocked.has(host)
  }

  mend(): void {
    this.mishaps = []
  }

  answer(host: string, request: Request): Answer {
    const mishap = this.mishapOf(host, request)
    if (mishap === 'says nothing') return silent
    if (mishap === 'fails') return failed('no space left')
    if (request.mutating) this.count(host, request)
    const before = this.blocked.has(host)
    const answer =
      mishap === 'lies'
        ? ok({ blocked: request.action === 'block', ensure: '2.0' })
        : this.act(host, request, before)
    if (mishap === 'slips back') this.slip(host)
    return mishap === 'reply lost' ? silent : answer
  }

  private act(host: string, { action, inputs }: Request, blocked: boolean): Answer {
    switch (action) {
      case 'block':
        this.blocked.add(host)
        return blocked ? failed('is already blocked') : ok({ blocked: true })
      case 'unblock':
        this.blocked.delete(host)
        return blocked ? ok({ blocked: false }) : failed('is not blocked')
      case 'isblocked':
        return ok({ blocked })
      case 'status':
        return ok({ ensure: this.version.get(host) ?? '1.0' })
      default:
        if (!blocked) this.updatedInRotation.push(host)
        this.version.set(host, action === 'update' ? '2.0' : String(inputs['version']))
        return ok({ ensure: this.version.get(host) })
    }
  }

  /** Puts a host back once, and unheard: a look that was taken just then has seen it still out. */
  private slip(host: string): void {
    this.blocked.delete(host)
    this.mishaps = this.mishaps.filter((each) => each.mishap !== 'slips back' || `web${each.host}` !== host)
  }

  private mishapOf(host: string, { action }: Request): Mishap {
    return this.mishaps.find((each) => `web${each.host}` === host && each.action === action)?.mishap ?? 'none'
  }

  private count(host: string, { agent, action }: Request): void {
    const key = `${agent} ${action} ${host}`
    this.performed.set(key, (this.performed.get(key) ?? 0) + 1)
  }
}

const lapsing = (address: string): Balancer => ({ ...hostFirewall(address), lapses: true })

/**
 * Runs one process, which rolls out until it ends, is killed or is stopped. Returns its journal, and whether it passed
 * to the end.
 */
async function oneRun(
  story: Story,
  truth: Truth,
  checkpoint: Checkpoint | undefined,
  hosts: readonly string[] = webs(story.n),
  rows: readonly WaveSize[] = [{ kind: 'hosts', count: story.first }, { kind: 'rest' }],
) {
  const fleet = new FakeFleet(hosts, (host, request) => truth.answer(host, request))
  let entries = 0
  const made = rolloutOn(fleet, {
    append: async () => {
      entries += 1
      if (story.end.how === 'kill' && entries > story.end.at) throw new Killed()
      if (story.end.how === 'ctrl-c' && entries > story.end.at) made.stop.abort()
    },
    ports: { balancers: { at: lapsing, backend: lapsing }, checkpoint },
  })
  const { rollout, journal, verdicts } = made
  try {
    await rollout.ports.journal.append(BEGAN)
    const passed = await allWaves(rollout, story, rows, truth)
    return { journal, verdicts, passed, killed: false, rollout }
  } catch (error) {
    if (error instanceof Killed) return { journal, verdicts, passed: false, killed: true, rollout }
    if (!(error instanceof LockstepError)) throw error
    return { journal, verdicts, passed: false, killed: false, rollout }
  }
}

async function allWaves(
  rollout: Rollout,
  { budget, healthyBack, versionsBack }: Story,
  rows: readonly WaveSize[],
  truth: Truth,
): Promise<boolean> {
  if (budget > 0) rollout.budget.allow({ hosts: budget }, 'rollout')
  rollout.afterFailure.healthyGoBack = healthyBack
  rollout.afterFailure.versionsGoBack = versionsBack
  rollout.waves.foretold(rows)
  for (const [index, size] of rows.entries()) {
    await rollout.beginScenario(String(20 + index), 'wave')
    rollout.hosts.withClass('roles::web')
    rollout.traffic.throughBalancerAt('1.2.3.4')
    let passed = false
    try {
      passed = await oneWave(rollout, size, truth)
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
    }
    await rollout.endScenario(passed)
    await rollout.afterFailure.settle()
    if (!passed) return false
  }
  return rollout.budget.out.size === 0
}

async function oneWave(rollout: Rollout, size: WaveSize, truth: Truth): Promise<boolean> {
  const lines: [string, () => Promise<Verdict | undefined>][] = [
    ['I take the next wave', () => rollout.waves.take(size)],
    ['I block the load balancer', () => rollout.traffic.block()],
    ['traffic should be blocked', () => rollout.traffic.shouldBe('blocked')],
    ['I update the package', () => rollout.packages.update('mywebapp')],
    ['the version should be', () => rollout.packages.versionShouldBe('mywebapp', '2.0')],
    ['I unblock the load balancer', () => rollout.traffic.unblock()],
    ['traffic should be unblocked', () => rollout.traffic.shouldBe('unblocked')],
  ]
  for (const [index, [text, work]] of lines.entries()) {
    rollout.step = text
    rollout.line = 10 + index
    const verdict = await work()
    if (verdict === undefined) return true
    truth.compare(text, verdict)
    if (!mayGoOn(verdict)) return false
  }
  return true
}

function expectNothingLost(truth: Truth, runs: readonly (readonly JournalEntry[])[]): void {
  expect(truth.updatedInRotation, 'updated while in rotation').to.deep.equal([])
  const records = runs.map((entries, index) => ({
    run: `r${index}`,
    entries: entries.map((entry) => ({ ...entry, at: '' })),
  }))
  const named = findLeftHosts(records).map(({ host }) => host)
  expect(named, 'out of rotation').to.include.members([...truth.blocked])
  const asked = new Map<string, number>()
  for (const entry of runs.flat()) {
    if (entry.type !== 'asked' || !entry.mutating) continue
    for (const host of entry.hosts) {
      const key = `${entry.agent} ${entry.action} ${host}`
      asked.set(key, (asked.get(key) ?? 0) + 1)
    }
  }
  for (const [key, times] of truth.performed) expect(times, key).to.be.at.most(asked.get(key) ?? 0)
}

const mishaps = fc.array(
  fc.record({
    host: fc.integer({ min: 1, max: 6 }),
    mishap: fc.constantFrom<Mishap>('says nothing', 'fails', 'lies', 'reply lost', 'slips back'),
    action: fc.constantFrom('block', 'isblocked', 'update', 'unblock', 'install'),
  }),
  { maxLength: 3 },
)
// A host that lies when it is looked at cannot be found out by looking.
const honestLooks = mishaps.map((all) =>
  all.filter(({ mishap, action }) => mishap !== 'lies' || action !== 'isblocked'),
)
const stories: fc.Arbitrary<Story> = fc.record({
  n: fc.integer({ min: 1, max: 6 }),
  mishaps: honestLooks,
  first: fc.integer({ min: 1, max: 3 }),
  budget: fc.integer({ min: 0, max: 2 }),
  healthyBack: fc.boolean(),
  versionsBack: fc.boolean(),
  end: fc.record({
    how: fc.constantFrom('run' as const, 'kill' as const, 'ctrl-c' as const),
    at: fc.integer({ min: 0, max: 90 }),
  }),
})

/** Returns the record of a run, which is cut off where the run was killed. */
function recorded(run: string, feature: string, ended: Awaited<ReturnType<typeof oneRun>>): Recorded {
  const { journal, passed, killed, rollout } = ended
  const end: JournalEntry = {
    type: 'rollouts ended',
    passed,
    reason: '',
    ...(hasPassed(ended) && rollout.budget.out.size > 0 ? { withinBudget: true } : {}),
  }
  const entries = [...journal, ...(killed ? [] : [end])].map((entry) =>
    entry.type === 'run' ? { ...entry, feature, at: '' } : { ...entry, at: '' },
  )
  const record = historyEntryOf(run, entries)
  if (record === undefined) throw new Error('there was no roll call')
  return { ...record, drift: [] }
}

function hasPassed({ rollout, killed }: Awaited<ReturnType<typeof oneRun>>): boolean {
  const { waves, halted } = rollout
  return !killed && halted === undefined && waves.unfinished.length === 0 && waves.left.length === 0
}

describe('in a rollout in waves, with any fault', () => {
  it('no host is updated in rotation, none is out of rotation without being named, none is told more than is known @long', async () => {
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const truth = new Truth(story.mishaps)
        const { journal, passed } = await oneRun(story, truth, undefined)
        expectNothingLost(truth, [journal])
        if (!passed) return
        expect([...truth.blocked], 'passed, and somebody is out').to.deep.equal([])
        expect(webs(story.n).every((host) => truth.version.get(host) === '2.0')).to.equal(true)
      }),
      { numRuns: 1_500 },
    )
  })

  it('each host that passed a check was in the state that the check says', async () => {
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const truth = new Truth(story.mishaps.filter(({ mishap }) => mishap !== 'slips back'))
        await oneRun(story, truth, undefined)
        expect(truth.taken, 'taken for what they were not').to.deep.equal([])
      }),
      { numRuns: 1_000 },
    )
  })

  it('it can be resumed once the hosts are mended, and then passes, whenever it was killed @long', async () => {
    await fc.assert(
      fc.asyncProperty(stories, fc.integer({ min: 0, max: 60 }), async (story, again) => {
        const truth = new Truth(story.mishaps)
        const first = await oneRun({ ...story, budget: 0 }, truth, undefined)
        const checkpoint = checkpointOf('r1', first.journal)
        truth.mend()
        // The run is killed once more on its way, and resumed from there.
        const killed = await oneRun(
          { ...story, budget: 0, end: { how: 'kill', at: again } },
          truth,
          checkpoint,
        )
        expectNothingLost(truth, [first.journal, killed.journal])
        const next = checkpointOf('r2', killed.journal) ?? checkpoint
        const last = await oneRun({ ...story, budget: 0, end: { how: 'run', at: 0 } }, truth, next)
        expect(last.passed).to.equal(true)
        expectNothingLost(truth, [first.journal, killed.journal, last.journal])
        expect([...truth.blocked]).to.deep.equal([])
        expect(webs(story.n).filter((host) => !truth.isDone(host))).to.deep.equal([])
      }),
      { numRuns: 800 },
    )
  })

  it('no host is called done that is not: not for a recovery, not in the history, not to a run that resumes it @long', async () => {
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const truth = new Truth(story.mishaps)
        const ended = await oneRun(story, truth, undefined)
        const { rollout, journal } = ended
        const all = rollout.hosts.known
        if (all === undefined) return
        const without = (left: readonly string[]) => all.filter((host) => !left.includes(host))
        const wrong = (done: readonly string[]) => done.filter((host) => !truth.isDone(host))
        expect(wrong(without(rollout.remaining(hasPassed(ended)).hosts)), 'recovery').to.deep.equal([])
        expect(wrong(without(recorded('r1', 'f', ended).notDone)), 'record').to.deep.equal([])
        const checkpoint = checkpointOf('r1', journal)
        const done = rollout.waves.taken.flatMap(({ hosts }, index) =>
          checkpoint?.scenarios.get(String(20 + index))?.done === true ? hosts : [],
        )
        const out = new Set(rollout.budget.out.keys())
        expect(wrong(done.filter((host) => !out.has(host))), 'checkpoint').to.deep.equal([])
        const told = new Set(
          journal.flatMap((each) => (each.type === 'asked' && each.mutating ? each.hosts : [])),
        )
        expect(
          rollout.notAttempted.filter((host) => told.has(host)),
          'not attempted',
        ).to.deep.equal([])
      }),
      { numRuns: 2_000 },
    )
  })

  it('its recovery is for exactly the hosts that are not done, and only with all of them the release stands', async () => {
    await fc.assert(
      fc.asyncProperty(stories, fc.boolean(), async (story, leavesOneOut) => {
        const truth = new Truth(story.mishaps)
        const first = await oneRun(story, truth, undefined)
        const { hosts, waves } = first.rollout.remaining(hasPassed(first))
        if (first.killed || waves === undefined || hosts.length === 0) return
        truth.mend()
        const going = leavesOneOut ? hosts.slice(1) : hosts
        if (going.length === 0) return
        const counts = leavesOneOut ? [going.length] : waves.filter((count) => count > 0)
        const rows = counts.map((count): WaveSize => ({ kind: 'hosts', count }))
        const end = { how: 'run' as const, at: 0 }
        const second = await oneRun({ ...story, end }, truth, undefined, going, rows)
        expect(second.passed).to.equal(true)
        const runs = [
          recorded('r1', 'x.feature', first),
          recorded('r2', 'reports/recovery-r1.feature', second),
        ]
        const standing = standingOf(runs, 'live')
        expect(standing.passed).to.equal(!leavesOneOut)
        if (!standing.passed) return
        expect(standing.hosts).to.equal(story.n)
        expect(webs(story.n).filter((host) => !truth.isDone(host))).to.deep.equal([])
      }),
      { numRuns: 1_000 },
    )
  })
})
