import { formatDuration } from '../../system/duration'
import { keyOf, type ScenarioRun } from '../../run/scenario_runs'
import type { RunState } from '../../run/run_state'
import type { PlannedScenario } from '../../run/run_parts'
import { Markup, NOTHING, type Html } from './markup'
import { FAILED, markOf, signOf, stepOf, worstOf, type ToldStep } from './page_steps'

/** The most scenarios that are all open; with more, those that passed are folded. */
const MAX_OPEN = 3

/** Shows every scenario with its lines and their outcomes, host by host where something is odd. */
export function* scenariosOf(page: Html, run: RunState, uri: string): Iterable<Markup> {
  const verdicts = grouped(run.verdicts)
  const faults = grouped(run.faults)
  const scenarios = run.plan.filter((scenario) => scenario.uri === uri)
  for (const scenario of scenarios) {
    const lines = run.courses.get(keyOf(scenario))
    const steps = scenario.steps.map((step): ToldStep => {
      const key = `${keyOf(scenario)} ${step.line}`
      const own = verdicts.get(key) ?? []
      const why = (faults.get(key) ?? []).map(({ message }) => message)
      const scenarioRun = lines?.get(step.line)
      return {
        step,
        verdicts: own,
        faults: why,
        took: scenarioRun?.took,
        mark: markOf(own, why, scenarioRun),
      }
    })
    yield* scenarioOf(page, run, scenario, steps, scenarios.length > MAX_OPEN)
  }
}

function* scenarioOf(
  page: Html,
  run: RunState,
  scenario: PlannedScenario,
  steps: readonly ToldStep[],
  isFolded: boolean,
): Iterable<Markup> {
  const scenarioRun = run.scenarioRuns.of(scenario)
  const mark = worstOf(steps)
  const open = mark === FAILED || (!isFolded && scenarioRun !== undefined) ? new Markup(' open') : NOTHING
  yield page`<details${open}><summary>${signOf(page, mark)} ${scenario.name} <span class="muted">${courseOf(scenario, scenarioRun)}</span></summary>\n<ol>\n`
  for (const step of steps) yield stepOf(page, run, step)
  yield new Markup('</ol></details>\n')
}

function courseOf({ wave }: PlannedScenario, scenarioRun: ScenarioRun | undefined): string {
  if (scenarioRun === undefined) return 'not attempted'
  const began = timeOf(scenarioRun.began)
  if (scenarioRun.took === undefined) return `${began}, not brought to its end`
  const skipped = wave === undefined ? 'skipped' : 'nobody was left for it'
  return `${began}, in ${formatDuration(scenarioRun.took)}${scenarioRun.outcome === 'skipped' ? `, ${skipped}` : ''}`
}

/** Formats a time to the second, in UTC. `ms` is in milliseconds since 1970. */
export function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** Groups values by their scenario and line. */
function grouped<T extends { uri: string; scenarioId: string; line: number }>(
  all: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const each of all) {
    const key = `${keyOf(each)} ${each.line}`
    const own = groups.get(key) ?? []
    groups.set(key, own)
    own.push(each)
  }
  return groups
}
