import { join } from 'node:path'
import { pin } from '../config/variables'
import type { RemainingHosts } from '../rollout/model/remaining'
import { clean, hosts as counted } from '../rollout/model/verdict'
import { foldHosts } from '../rollout/model/fold_hosts'
import {
  cellsOf,
  documentLines,
  endOfArgument,
  headerOf,
  isRow,
  startOfScenario,
  withCell,
  type FeatureLines,
} from './gherkin_lines'
import { outTable } from './host_table'
import { RECOVERY_HEADER } from './recovered_run'
import { commandFor, isPartial, TOO_SMALL } from './next_command'
import { describeLimited } from '../run/limited'
import { changesFleet } from '../run/modes'
import type { RunState } from '../run/run_state'
import type { LeftHosts, PlannedScenario, PlannedStep, Recovery } from '../run/run_parts'
import { kindOf, type Phrase } from '../sentences/catalogue'
import type { KnownKind } from '../sentences/effects'

/**
 * Returns the recovery features of a run, the path of each within `folder` where it was not written yet. Of a run that
 * did not end they are those that it would have left.
 */
export function recoveriesOf(run: RunState, folder: string): readonly Recovery[] {
  if (run.ended !== undefined || run.recoveries.length > 0) return run.recoveries
  return run.features.flatMap((uri) => {
    const left = run.leftOf(uri)
    const path = join(folder, recoveryName(run, uri))
    // Only the run itself could know whether the pool has room for its waves.
    return left === undefined
      ? []
      : [{ uri, path, hosts: left.hosts.length, isResumable: false, hasRoom: true }]
  })
}

/** Returns the name of the recovery feature of a feature, which has the number of its record in the history. */
export function recoveryName(run: RunState, uri: string): string {
  const part = run.features.indexOf(uri)
  return `recovery-${run.id}${part <= 0 ? '' : `-${part + 1}`}.feature`
}

/**
 * Returns the text of a recovery feature: the feature that was run, with exactly the hosts that are not done. It is
 * undefined where the run does not tell the text of the feature, or all hosts are done.
 */
export function recoveryFeatureOf(run: RunState, recovery: Recovery): string | undefined {
  const { uri } = recovery
  const [source, left] = [run.texts.get(uri), run.leftOf(uri)]
  if (source === undefined || left === undefined) return undefined
  const text = recoveryOf(source.text, {
    values: source.values,
    plan: run.plan.filter((scenario) => scenario.uri === uri),
    header: header(run, recovery, left),
    title: `recovery of run ${run.id}`,
    hosts: left.hosts,
    waves: left.waves,
  })
  return source.hasHidden ? `${UNFINISHED}\n${text}` : text
}

/** No line of gherkin, so that nobody runs a feature with other words than those that were run. */
const UNFINISHED =
  'Put the secret back wherever *** stands below, and take this line away: no secret is written here.'

export interface RecoveryOptions extends RemainingHosts {
  plan: readonly (Pick<PlannedScenario, 'scenarioId' | 'wave'> & {
    steps: readonly Pick<PlannedStep, 'line' | 'expression' | 'keyword'>[]
  })[]
  header: readonly string[]
  title: string
  /** The values of variables, which are filled in. */
  values?: ReadonlyMap<string, string>
}

/** The effects of lines in whose place the remaining hosts are listed, in the order of their waves. */
const SELECTS: ReadonlySet<KnownKind | undefined> = new Set(['selects hosts', 'orders hosts'])
/** The sentence that lists hosts in the table below it. */
const LISTS: Phrase = 'I want to update the hosts:'
/** The sentence that stays beside a list: it is the environment in which the hosts have to be still. */
const PLACES: Phrase = 'the hosts of environment {environment}'
/** The sentence that takes a wave of some size. */
const TAKES: Phrase = 'I take {wave}'

/**
 * Returns the feature's own text, with the remaining hosts in place of how hosts were selected, and the waves that are
 * left.
 */
export function recoveryOf(source: string, options: RecoveryOptions): string {
  const { plan, header, title, hosts, waves, values } = options
  const written = withoutHeader(source.replace(/^\uFEFF/, '').split(/\r\n|\n/))
  const lines = values === undefined ? written : pinVariables(written, values)
  const steps = new Map(plan.flatMap((scenario) => scenario.steps.map((step) => [step.line, step] as const)))
  const counts = countsOf(plan, waves)
  const scenarios = plan.filter((scenario) => counts.get(scenario) !== 0)
  const { listing, before } = listingLines(plan, scenarios)
  const placing = placesIn(plan, lines)
  const rewritten = new Map([...sizesOf(counts, written), ...cellsOfWaves(plan, counts, lines, written)])
  const dropped = new Set([...counts].flatMap(([row, count]) => (count === 0 ? linesOf(row, lines) : [])))
  const titled = lines.findIndex((line) => /^\s*Feature:/.test(line ?? '')) + 1
  const out: string[] = []
  let tableTo = 0
  lines.forEach((line, index) => {
    const number = index + 1
    if (line === undefined || dropped.has(number) || number <= tableTo) return
    const step = steps.get(number)
    const effect = kindOf(step?.expression)
    const indent = /^\s*/.exec(line)?.[0] ?? ''
    const says = (text: string, keyword = step?.keyword ?? '* ') => `${indent}${keyword}${text}`
    const rows = hosts.map((host) => `${indent}    | ${host} |`)
    if (number === before) out.push(...placing.map((text) => says(text, '* ')), says(LISTS, '* '), ...rows)
    if (SELECTS.has(effect)) {
      tableTo = endOfArgument(lines, number)
      if (step?.expression === PLACES) out.push(line)
      if (listing.has(number)) out.push(says(LISTS, step?.expression === PLACES ? '* ' : undefined), ...rows)
      return
    }
    // The count is of all hosts of the feature, not of the remaining ones, which are listed.
    if (effect === 'counts hosts') return
    const other = rewritten.get(number)
    if (other !== undefined) out.push(effect === 'takes wave' ? says(other) : other)
    else out.push(number === titled ? `${line.trimEnd().replace(RECOVERY_TITLE, '')} (${title})` : line)
  })
  const language = /^\s*#\s*language\s*:/.test(out[0] ?? '') ? out.splice(0, 1) : []
  return [...language, ...header.map((line) => `# ${line}`.trimEnd()), ...out].join('\n')
}

const RECOVERY_TITLE = / \(recovery of run [^)]*\)$/

type Scenario = RecoveryOptions['plan'][number]
/** The number of remaining hosts of each scenario that has a wave; empty where the waves stay as they are. */
type Counts = ReadonlyMap<Scenario, number>

function countsOf(plan: RecoveryOptions['plan'], waves: RecoveryOptions['waves']): Counts {
  if (waves === undefined) return new Map()
  const inWaves = plan.filter(({ wave }) => wave !== undefined)
  return new Map(inWaves.map((scenario, index) => [scenario, waves[index] ?? 0]))
}

/**
 * Returns the lines in whose place hosts are listed: the first selection of each scenario. `before` is the line that a
 * list stands before, where the scenario that selected hosts for all others is left out.
 */
function listingLines(
  plan: RecoveryOptions['plan'],
  left: RecoveryOptions['plan'],
): { listing: ReadonlySet<number>; before: number | undefined } {
  const selectionOf = ({ steps }: Scenario) => steps.find(({ expression }) => SELECTS.has(kindOf(expression)))
  const selecting = plan.findIndex((scenario) => selectionOf(scenario) !== undefined)
  const first = left.find((scenario) => selecting >= 0 && plan.indexOf(scenario) >= selecting)
  const isLost = first !== undefined && selectionOf(first) === undefined
  return {
    listing: new Set(left.flatMap((scenario) => selectionOf(scenario)?.line ?? [])),
    before: isLost ? first.steps[0]?.line : undefined,
  }
}

/** Returns the sentence that says of which environment the hosts are, without its keyword; empty where none does. */
function placesIn(plan: RecoveryOptions['plan'], lines: FeatureLines): string[] {
  const step = plan.flatMap(({ steps }) => steps).find(({ expression }) => expression === PLACES)
  const line = step && lines[step.line - 1]?.trim()
  if (line === undefined) return []
  const keyword = step?.keyword?.trim() ?? '*'
  return [line.startsWith(keyword) ? line.slice(keyword.length).trim() : line]
}

/** Returns the sentences that take the waves of scenarios without a table, by their lines. */
function sizesOf(counts: Counts, lines: FeatureLines): [number, string][] {
  return [...counts].flatMap(([scenario, count]): [number, string][] => {
    const line = takingLine(scenario)
    if (isRow(lines[Number(scenario.scenarioId) - 1]) || line === undefined) return []
    return [[line, TAKES.replace('{wave}', counted(count))]]
  })
}

/**
 * Returns the rows of tables with the waves that are left, by their lines. Where no column is the size of a wave by
 * itself, the table gets one, and the sentence that takes the wave goes by it.
 */
function cellsOfWaves(
  plan: RecoveryOptions['plan'],
  counts: Counts,
  lines: FeatureLines,
  written: FeatureLines,
): [number, string][] {
  return [...counts].flatMap(([scenario, count]): [number, string][] => {
    const at = Number(scenario.scenarioId)
    const [row, line] = [lines[at - 1], takingLine(scenario)]
    if (row === undefined || !isRow(row) || line === undefined) return []
    const header = headerOf(lines, at)
    const said = /\btake (?:the next )?(.*?)\s*$/.exec(written[line - 1] ?? '')?.[1] ?? ''
    const names = cellsOf(lines[header - 1]).map((cell) => cell.trim())
    const column = names.findIndex((name) => said === `<${name}>`)
    if (column >= 0) return [[at, withCell(row, column, counted(count))]]
    const others = rowsBelow(lines, header).filter((other) => !isPlanned(plan, other))
    return [
      [at, withCell(row, -1, counted(count))],
      [line, TAKES.replace('{wave}', `<${ADDED}>`)],
      [header, withCell(lines[header - 1] ?? '', -1, ADDED)],
      ...others.map((other): [number, string] => [other, withCell(lines[other - 1] ?? '', -1, 'the rest')]),
    ]
  })
}

/** The column that a table gets. */
const ADDED = 'hosts left'

function isPlanned(plan: RecoveryOptions['plan'], line: number): boolean {
  return plan.some(({ scenarioId }) => Number(scenarioId) === line)
}

function rowsBelow(lines: FeatureLines, header: number): number[] {
  const end = endOfArgument(lines, header)
  const numbers = Array.from({ length: end - header }, (_, index) => header + 1 + index)
  return numbers.filter((number) => isRow(lines[number - 1]))
}

function takingLine({ steps }: Scenario): number | undefined {
  return steps.find(({ expression }) => kindOf(expression) === 'takes wave')?.line
}

/**
 * Returns the lines without the header of a recovery feature: that is of the run before. Line numbers stay as they are.
 */
function withoutHeader(lines: readonly string[]): FeatureLines {
  const from = lines.findIndex((line) => RECOVERY_HEADER.test(line))
  if (from < 0) return lines
  const to = lines.findIndex((line, index) => index > from && !/^\s*#\s*\S/.test(line))
  // Somebody may have taken its last line away.
  const end = lines[to]?.trim() === '#' ? to : to - 1
  return lines.map((line, index) => (index >= from && index <= end ? undefined : line))
}

/** Returns all lines of a scenario: its row, or its tags, its own steps, and their tables and documents. */
function linesOf({ scenarioId, steps }: Scenario, lines: FeatureLines): number[] {
  const at = Number(scenarioId)
  if (isRow(lines[at - 1])) return [at]
  const from = startOfScenario(lines, at)
  const to = endOfArgument(lines, Math.max(at, ...steps.map(({ line }) => line)))
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/** Fills in the values that the run had, so that the remaining hosts are brought to where the others are. */
function pinVariables(lines: FeatureLines, values: ReadonlyMap<string, string>): FeatureLines {
  const documents = documentLines(lines)
  const inRow = (value: string | undefined) => value?.replace(/[\\|]/g, '\\$&').replaceAll('\n', '\\n')
  return lines.map((line, index) => {
    const isCell = isRow(line) && !documents.has(index + 1)
    return line && pin(line, (name) => (isCell ? inRow(values.get(name)) : values.get(name)))
  })
}

function header(run: RunState, { uri, path, hasRoom }: Recovery, { passed, hosts }: LeftHosts): string[] {
  const out = run.outOfRotation
  const remaining = new Set(hosts)
  const done = run.knownHosts(uri).filter((host) => !remaining.has(host))
  const restored = run.restoredIn(uri).filter((host) => remaining.has(host))
  const { text = '', line = 0 } = run.lastLineOf(uri) ?? {}
  const limited = describeLimited(run)
  return [
    `What run ${run.id} of ${clean(uri)} did not bring to its end.`,
    passed
      ? 'It went through, and these hosts failed within its failure budget.'
      : `It stopped at: ${clean(text)} (line ${line}).`,
    ...(limited === undefined ? [] : [`It was ${limited}; this feature is for no other hosts.`]),
    `Done, and left alone here: ${done.length === 0 ? 'no host' : foldHosts(done).join(', ')}.`,
    ...(restored.length === 0
      ? []
      : [`Told to go back to the version they had: ${foldHosts(restored).join(', ')}.`]),
    ...(out.length === 0
      ? ['Nothing was left out of rotation.']
      : ['Still out of rotation when it stopped:']),
    ...(out.length === 0
      ? []
      : outTable(out)
          .split('\n')
          .map((line) => `  ${line}`)),
    ...(hasRoom ? [] : [TOO_SMALL]),
    ...(changesFleet(run.mode) && !isPartial(run)
      ? [
          'Read it, mend what is named above, and run it like any other feature:',
          `  ${commandFor(run, path)}`,
        ]
      : ['Read it, mend what is named above, and run it like any other feature.']),
    '',
  ]
}
