import fc from 'fast-check'
import { tellingWaves, tellWaves } from '../composition/waves_told'
import type { Answer } from '../rollout/model/answers'
import { Ledger } from '../rollout/model/ledger'
import { parseLimit, type Limit } from '../rollout/model/limit'
import { mayGoOn, type Verdict } from '../rollout/model/verdict'
import { recoveryFeatureOf, recoveryName } from '../reporting/recovery'
import { parseWaveSize } from '../rollout/model/wave_plan'
import type { Rollout } from '../rollout/rollout'
import type { RecordedEvent } from '../run/events'
import { eventReader } from '../run/journals'
import type { Run } from '../run/run'
import type { PlannedScenario } from '../run/run_parts'
import { LockstepError } from '../system/errors'
import { BEGAN, FakeFleet, rolloutOn } from './fake_fleet'
import { begunRun } from './told_run'

export const FEATURE = 'random.feature'
const VERBS = {
  discover: (rollout: Rollout) => rollout.hosts.discover(),
  block: (rollout: Rollout) => rollout.traffic.block(),
  blocked: (rollout: Rollout) => rollout.traffic.shouldBe('blocked'),
  update: (rollout: Rollout) => rollout.packages.update('web'),
  version: (rollout: Rollout) => rollout.packages.versionShouldBe('web', '2.0'),
  unblock: (rollout: Rollout) => rollout.traffic.unblock(),
  unblocked: (rollout: Rollout) => rollout.traffic.shouldBe('unblocked'),
} satisfies Record<string, (rollout: Rollout) => Promise<Verdict>>

type Verb = keyof typeof VERBS

/** The events of a run that never took place. */
export interface RandomRun {
  hosts: number
  /** The number of hosts that the run is limited to; all of them where it is 0 or more than there are. */
  limit: number
  waves: readonly string[]
  verbs: readonly Verb[]
  /** The faults, by host and action. */
  faults: Readonly<Record<string, 'silent' | 'fails' | 'odd'>>
  /** The number of hosts that may fail. */
  mayFail: number
  undoes: boolean
  /** The messages between two lines, by the number of the line. */
  asides: readonly { line: number; aside: 'note' | 'hook' | 'fault' | 'interrupt' | 'refuse'; text: string }[]
}

const actions = ['block', 'unblock', 'isblocked', 'update', 'status']
const faulty = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom(...actions))

export const randomRun: fc.Arbitrary<RandomRun> = fc.record({
  // So many hosts that a journal has them by their places, now and then.
  hosts: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 6 }) }, fc.integer({ min: 16, max: 20 })),
  limit: fc.integer({ min: 0, max: 6 }),
  waves: fc.constantFrom([], ['1 host', 'the rest'], ['1 host', '25%', 'the rest'], ['2 hosts', '2 hosts']),
  verbs: fc.subarray(Object.keys(VERBS) as Verb[], { minLength: 1 }),
  faults: fc
    .array(fc.tuple(faulty, fc.constantFrom('silent' as const, 'fails' as const, 'odd' as const)), {
      maxLength: 3,
    })
    .map((list) =>
      Object.fromEntries(list.map(([[host, action], fault]) => [`web${host} ${action}`, fault])),
    ),
  mayFail: fc.integer({ min: 0, max: 2 }),
  undoes: fc.boolean(),
  asides: fc.array(
    fc.record({
      line: fc.integer({ min: 0, max: 12 }),
      aside: fc.constantFrom('note', 'hook', 'fault', 'interrupt', 'refuse'),
      text: fc.string({ unit: 'binary', maxLength: 20 }),
    }),
    { maxLength: 2 },
  ),
})

interface CarriedOut {
  run: Run
  rollout: Rollout
  lines: readonly string[]
  /** The recovery feature as the run would have left it; undefined where it leaves none. */
  recovery: string | undefined
}

/**
 * Takes a random run through to its end. Returns it, with its rollout and the lines of its journal. `watch` gets the run
 * before it begins.
 */
export async function carriedOut(
  given: RandomRun,
  watch: (run: Run) => void = () => {},
): Promise<CarriedOut> {
  const scenarios = scenariosOf(given)
  const limit = limitOf(given)
  const run = begunRun(scenarios, 'live', limit === undefined ? {} : { limit: limit.text })
  watch(run)
  const lines: string[] = []
  const put = (entry: object) => void lines.push(JSON.stringify(entry))
  run.stream.openInto({ put, settle: async () => {}, settleNow: () => {} })
  const made: { rollout?: Rollout } = {}
  const journal = tellingWaves(run, FEATURE, () => made.rollout)
  const ledger = new Ledger(journal, [])
  const limited = limit === undefined ? {} : { limit }
  const ports = { journal, ledger, audience: run, stopping: run.stopping.signal, ...limited }
  const { rollout } = rolloutOn(fleetOf(given), { ports })
  made.rollout = rollout
  rollout.traffic.throughBalancerAt('1.2.3.4')
  rollout.waves.foretold(given.waves.flatMap((size) => parseWaveSize(size) ?? []))
  if (given.mayFail > 0) rollout.budget.allow({ hosts: given.mayFail }, 'rollout')
  rollout.afterFailure.healthyGoBack = given.undoes
  for (const scenario of scenarios) {
    if (run.hasStopped) break
    await carryOut(run, rollout, scenario, given)
  }
  const recovery = run.exitCode === 0 ? undefined : recover(run)
  await run.stream.append({
    type: 'rollouts ended',
    passed: run.exitCode === 0,
    reason: run.state.refused?.code ?? '',
  })
  run.end()
  return { run, rollout, lines, recovery }
}

/** Returns events as they are read from a journal. */
export function eventsOf(lines: readonly string[]): RecordedEvent[] {
  const read = eventReader()
  return lines.map((line) => {
    const found = read(JSON.parse(line) as Record<string, unknown>)
    if ('fault' in found || found.entry === undefined) throw new Error(`no event: ${line}`)
    return found.entry
  })
}

function limitOf({ hosts, limit }: RandomRun): Limit | undefined {
  return limit > 0 && limit <= hosts ? parseLimit(`web[1-${limit}]`) : undefined
}

async function carryOut(
  run: Run,
  rollout: Rollout,
  { uri, scenarioId, name, steps, wave }: PlannedScenario,
  { verbs, asides }: RandomRun,
): Promise<void> {
  run.beginScenario({ uri, scenarioId })
  if (scenarioId === String(FIRST_ROW)) {
    await run.stream.append({ ...BEGAN, feature: FEATURE })
    run.stream.appendNow({ type: 'text', uri: FEATURE, text: textOf(run), values: {} })
  }
  await rollout.beginScenario(scenarioId, name)
  rollout.hosts.withClass('roles::web')
  let passed = true
  for (const [index, { line, text }] of steps.entries()) {
    run.beginLine({ uri, scenarioId, line, text })
    Object.assign(rollout, { step: text, line })
    for (const each of asides) if (each.line === line) saySo(run, each)
    const size = index === 0 && wave !== undefined ? parseWaveSize(wave) : undefined
    const verb = verbs[index - (wave === undefined ? 0 : 1)] ?? 'discover'
    try {
      const verdict = await (size === undefined ? VERBS[verb](rollout) : rollout.waves.take(size))
      passed = verdict !== undefined && mayGoOn(verdict)
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      passed = false
      if (error.code !== 'diverged') run.refuse(error)
    }
    run.endLine({ uri, scenarioId }, line, { status: passed ? 'PASSED' : 'FAILED', took: 1.5 })
    if (!passed) break
  }
  if (!passed) run.fail()
  await rollout.endScenario(passed && !run.hasStopped)
  await rollout.afterFailure.settle()
  await tellWaves(run, FEATURE, rollout)
  run.endScenario(passed && !run.hasStopped ? 'passed' : 'failed', 12.25)
}

function saySo(run: Run, { aside, text }: RandomRun['asides'][number]): void {
  if (aside === 'note') run.note(text)
  if (aside === 'hook') run.hookFailed(text)
  if (aside === 'fault') run.fault(text)
  if (aside === 'interrupt') run.interrupt()
  if (aside === 'refuse') run.refuse(new LockstepError('broker-lost', text))
}

function scenariosOf({ waves, verbs }: RandomRun): PlannedScenario[] {
  const rows = waves.length === 0 ? [undefined] : waves
  return rows.map((wave, row) => {
    const texts = [...(wave === undefined ? [] : [`I take ${wave}`]), ...verbs]
    return {
      uri: FEATURE,
      scenarioId: String(FIRST_ROW + row),
      name: `scenario ${row}`,
      tags: [],
      ...(wave === undefined ? {} : { wave }),
      steps: texts.map((text, index) => ({ line: index + 2, text, values: [] })),
    }
  })
}

/** The line of the first row of examples, behind all steps. */
const FIRST_ROW = 20

/** Returns the text of the feature: its steps, and a row of examples for each wave. */
function textOf(run: Run): string {
  const lines = ['Feature: Random', ...Array.from({ length: FIRST_ROW - 2 }, () => '')]
  for (const { scenarioId, wave, steps } of run.state.plan) {
    for (const { line, text } of steps)
      lines[line - 1] = `    Given ${wave === undefined ? text : text.replace(wave, '<wave>')}`
    lines[Number(scenarioId) - 1] = wave === undefined ? '  Scenario: one' : `    | ${wave} |`
  }
  return lines.join('\n')
}

function recover(run: Run): string | undefined {
  const left = run.state.leftOf(FEATURE)
  if (left === undefined) return undefined
  const path = `reports/${recoveryName(run.state, FEATURE)}`
  const recovery = { uri: FEATURE, path, hosts: left.hosts.length, isResumable: false, hasRoom: false }
  const text = recoveryFeatureOf(run.state, recovery)
  run.stream.appendNow({ type: 'recovery', recovery })
  return text
}

function fleetOf({ hosts, faults }: RandomRun): FakeFleet {
  const names = Array.from({ length: hosts }, (_, index) => `web${index + 1}`)
  const blocked = new Set<string>()
  const versions = new Map<string, string>()
  const ok = (data: Record<string, unknown>): Answer => ({ kind: 'answered', data })
  return new FakeFleet(names, (host, { action }) => {
    const fault = faults[`${host} ${action}`]
    if (fault === 'silent') return { kind: 'silent', waited: 20_000 }
    if (fault === 'fails') return { kind: 'failed', message: 'no <such> "thing"', data: {} }
    if (fault === 'odd') return ok({ ensure: 'odd', blocked: 'odd' })
    if (action === 'block') blocked.add(host)
    if (action === 'unblock') blocked.delete(host)
    if (action === 'update') versions.set(host, '2.0')
    return ok({ blocked: blocked.has(host), ensure: versions.get(host) ?? '1.0', status: 'running' })
  })
}
