import type { PlainEvent } from '../run/event_stream'
import { NOTHING_READ, Run, type Beginning } from '../run/run'
import type { Omission } from '../run/account'
import type { PlannedScenario } from '../run/run_parts'
import type { Mode } from '../run/modes'
import type { RunState } from '../run/run_state'
import type { Outcome } from '../run/scenario_runs'
import type { Observation, Verdict } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'
import { BEGAN } from './fake_fleet'

interface ToldStep {
  line: number
  text?: string
  verdict?: Verdict
  /** The fault that the step failed with, with any verdict. */
  fault?: string
}

export interface ToldScenario {
  scenarioId: string
  name?: string
  wave?: string
  steps: readonly ToldStep[]
  /** The outcome of the scenario; one without it was not begun. */
  outcome?: Outcome | 'stopped'
}

export const FEATURE = 'features/website.feature'
/** The facts that a run records when it begins. */
export const BEGINNING: Beginning = {
  mode: 'embedded',
  environment: 'embedded fleet',
  journal: '.lockstep/embedded/x.journal.ndjson',
  by: 'me@here',
  tickets: [],
  warnings: [],
  outBefore: [],
  notKnownBefore: [],
}
const CALLS = { cucumber: 'npx cucumber-js', lockstep: 'npx lockstep' }

/** Returns a run of scenarios that has begun and never takes place, with a clock that stands still. */
export function begunRun(
  scenarios: readonly PlannedScenario[] = [],
  mode: Mode = 'embedded',
  more: Partial<Beginning> = {},
): Run {
  const clock = { now: () => Date.UTC(2026, 0, 1), elapsed: () => 0, after: () => () => {} }
  const run = new Run(clock, '20260101-000000-abcd')
  run.beginReading({ ...NOTHING_READ, scenarios }, { args: [], env: {}, ...CALLS })
  run.begin({ ...BEGINNING, mode, ...more })
  return run
}

/** Returns a run of one feature that never took place, for tests of reports. */
export function toldRun(
  scenarios: readonly ToldScenario[],
  refused?: LockstepError,
  secrets: readonly string[] = [],
): ToldRun {
  const run = begunRun(
    scenarios.map(({ scenarioId, name = `scenario ${scenarioId}`, wave, steps }) => ({
      uri: FEATURE,
      scenarioId,
      name,
      ...(wave === undefined ? {} : { wave }),
      tags: [],
      steps: steps.map((step) => ({ line: step.line, text: textOf(step), values: [] })),
    })),
  )
  run.conceal(secrets)
  void run.stream.append({ ...BEGAN, feature: FEATURE, mode: 'embedded', environment: 'embedded fleet' })
  for (const { scenarioId, steps, outcome } of scenarios) {
    if (outcome === undefined) continue
    run.beginScenario({ uri: FEATURE, scenarioId })
    for (const step of steps) {
      run.beginLine({ uri: FEATURE, scenarioId, line: step.line, text: textOf(step) })
      if (step.verdict !== undefined) conclude(run, step.verdict)
      if (step.fault !== undefined) run.fault(step.fault)
    }
    if (outcome !== 'stopped') run.endScenario(outcome, 3_000)
    if (outcome === 'failed') run.fail()
  }
  if (refused !== undefined) run.refuse(refused)
  return settable(run)
}

/** Lets a run come to a verdict at its current line. */
export function conclude(run: Run, verdict: Verdict): void {
  const { text, line } = run.state.current
  void run.stream.append({ type: 'verdict', step: text, line, verdict })
}

/** A run whose state tests may set: what otherwise only rollouts tell, and what is wrong with it. */
export type ToldRun = RunState &
  Settable<Pick<RunState, (typeof TOLD_BY_ROLLOUTS)[number]>> &
  Pick<Run, 'fail' | 'refuse' | 'fault' | 'note' | 'omit'> & {
    undone(what: string, verdict: Verdict): void
    tell(event: PlainEvent): void
  }

type Settable<T> = { -readonly [K in keyof T]: T[K] }

const TOLD_BY_ROLLOUTS = ['out', 'restored', 'notAttempted', 'outOfRotation', 'release'] as const

function settable(run: Run): ToldRun {
  const { state } = run
  for (const name of TOLD_BY_ROLLOUTS) {
    const get = (): unknown => Reflect.get(Object.getPrototypeOf(state) as object, name, state)
    const set = (value: unknown) =>
      Object.defineProperty(state, name, { value, writable: true, configurable: true })
    Object.defineProperty(state, name, { get, set, configurable: true })
  }
  return Object.assign(state, {
    fail: () => run.fail(),
    refuse: (error: LockstepError) => run.refuse(error),
    fault: (message: string) => run.fault(message),
    note: (text: string) => run.note(text),
    omit: (omission: Omission) => run.omit(omission),
    undone: (what: string, verdict: Verdict) => void run.stream.append({ type: 'undone', what, verdict }),
    tell: (event: PlainEvent) => run.stream.appendNow(event),
  })
}

/**
 * Returns a verdict with the observations of hosts by name: `passed` for those that passed, `silent`, or any other
 * text.
 */
export function seen(hosts: Readonly<Record<string, string>>, more: Partial<Verdict> = {}): Verdict {
  const observations = Object.entries(hosts).map(([host, what]): Observation => ({
    host,
    passed: what === 'passed',
    kind: what === 'silent' ? 'silent' : 'answered',
    seen: what === 'silent' ? 'no answer' : what,
  }))
  return { observations, unexpected: [], ...more }
}

function textOf({ text, line }: ToldStep): string {
  return text ?? `step ${line}`
}
