import { Run } from '../run/run'
import type { Outcome } from '../run/scenario_runs'
import type { Observation, Verdict } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'

interface ToldStep {
  line: number
  text?: string
  verdict?: Verdict
  /** The fault that the step failed with, whatever its verdict. */
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

/** Returns a run of one feature that never took place, for tests of reports. */
export function toldRun(scenarios: readonly ToldScenario[], refused?: LockstepError): Run {
  const run = new Run()
  const clock = { time: 0, now: () => Date.UTC(2026, 0, 1), elapsed: () => clock.time, after: () => () => {} }
  run.journal = '.lockstep/embedded/x.journal.ndjson'
  for (const { scenarioId, name = `scenario ${scenarioId}`, wave, steps } of scenarios)
    run.plan.push({
      uri: FEATURE,
      scenarioId,
      name,
      wave,
      tags: [],
      steps: steps.map((step) => ({ line: step.line, text: textOf(step), values: [] })),
    })
  for (const { scenarioId, steps, outcome } of scenarios) {
    if (outcome === undefined) continue
    run.scenarioRuns.begin({ uri: FEATURE, scenarioId }, clock)
    for (const step of steps) {
      run.begin({ uri: FEATURE, scenarioId, line: step.line, text: textOf(step) })
      if (step.verdict !== undefined) run.verdict(step.verdict)
      if (step.fault !== undefined) run.fault(step.fault)
    }
    clock.time += 3_000
    if (outcome !== 'stopped') run.scenarioRuns.end(outcome, clock)
    if (outcome === 'failed') run.fail()
  }
  if (refused !== undefined) run.refuse(refused)
  return run
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
