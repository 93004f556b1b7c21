import { formatDuration } from '../../system/duration'
import { formatTime } from '../about'
import { keyOf, type ScenarioRun } from '../../run/scenario_runs'
import type { RunState } from '../../run/run_state'
import type { PlannedScenario } from '../../run/run_parts'
import { Markup, NOTHING, type Html } from './markup'
import {
  CUT_OFF,
  FAILED,
  UNDER_WAY,
  markOf,
  signOf,
  type Mark,
  stepOf,
  worstOf,
  type ToldStep,
} from './page_steps'

/** The words for scenarios that were not begun or did not end, and the mark of a line without an outcome. */
export interface CourseWords {
  notBegun: string
  notEnded: string
  mark: Mark
}

const CLOSED: CourseWords = { notBegun: 'not attempted', notEnded: 'not brought to its end', mark: CUT_OFF }

/** The words for a run that goes on. */
export const GOING_ON: CourseWords = { notBegun: 'to come', notEnded: 'under way', mark: UNDER_WAY }

interface ShownScenario {
  scenario: PlannedScenario
  steps: readonly ToldStep[]
  isFolded: boolean
  words: CourseWords
}

/** The most scenarios that are all open; with more, those that passed are folded. */
const MAX_OPEN = 3

/** Shows every scenario with its lines and their outcomes, host by host where something is odd. */
export function* scenariosOf(page: Html, run: RunState, uri: string): Iterable<Markup> {
  for (const { pieces } of scenarioPiecesOf(page, run, uri)) yield* pieces
}

/** Returns each scenario of a feature with the pieces that show it. */
export function* scenarioPiecesOf(
  page: Html,
  run: RunState,
  uri: string,
  words: CourseWords = CLOSED,
): Iterable<{ scenario: PlannedScenario; pieces: Iterable<Markup> }> {
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
        mark: isCutOff(run, scenario, step.line) ? words.mark : markOf(own, why, scenarioRun),
      }
    })
    const isFolded = scenarios.length > MAX_OPEN
    yield { scenario, pieces: scenarioOf(page, run, { scenario, steps, isFolded, words }) }
  }
}

function* scenarioOf(
  page: Html,
  run: RunState,
  { scenario, steps, isFolded, words }: ShownScenario,
): Iterable<Markup> {
  const scenarioRun = run.scenarioRuns.of(scenario)
  const mark = markOfScenario(steps, scenarioRun, words)
  const open = mark === FAILED || (!isFolded && scenarioRun !== undefined) ? new Markup(' open') : NOTHING
  yield page`<details${open}><summary>${signOf(page, mark)} ${nameOf(scenario)} <span class="muted">${courseOf(scenario, scenarioRun, words)}</span></summary>\n<ol>\n`
  for (const step of steps) yield stepOf(page, run, step)
  yield new Markup('</ol></details>\n')
}

/** Returns the mark of a scenario. It has passed only where its lines, cucumber and its end all say so. */
function markOfScenario(
  steps: readonly ToldStep[],
  scenarioRun: ScenarioRun | undefined,
  words: CourseWords,
): Mark {
  const mark = worstOf(steps)
  if (mark === FAILED || scenarioRun?.outcome === 'failed') return FAILED
  return scenarioRun !== undefined && scenarioRun.took === undefined ? words.mark : mark
}

/** Returns whether a line was begun and did not end: its outcome is not known. */
function isCutOff(run: RunState, scenario: PlannedScenario, line: number): boolean {
  const { current, courses } = run
  if (current.line !== line || keyOf(current) !== keyOf(scenario)) return false
  return courses.get(keyOf(scenario))?.has(line) !== true && !run.hasConcluded(scenario, line)
}

/** Returns the name of a scenario, with its wave where it takes one. */
export function nameOf({ name, wave }: PlannedScenario): string {
  return wave === undefined ? name : `${name}: ${wave}`
}

function courseOf(
  { wave }: PlannedScenario,
  scenarioRun: ScenarioRun | undefined,
  words: CourseWords,
): string {
  if (scenarioRun === undefined) return words.notBegun
  const began = formatTime(scenarioRun.began)
  if (scenarioRun.took === undefined) return `${began}, ${words.notEnded}`
  const skipped = wave === undefined ? 'skipped' : 'nobody was left for it'
  return `${began}, in ${formatDuration(scenarioRun.took)}${scenarioRun.outcome === 'skipped' ? `, ${skipped}` : ''}`
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
