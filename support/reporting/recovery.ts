import { join } from 'node:path'
import { pin } from '../config/variables'
import type { RemainingHosts } from '../rollout/model/remaining'
import { clean, hosts as counted } from '../rollout/model/verdict'
import { inRanges } from '../run/host_names'
import { outTable } from './host_table'
import { RECOVERY_HEADER } from './recovered_run'
import { commandFor, isPartial, TOO_SMALL } from './next_command'
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
    // Whether the pool has room for its waves, only the run itself could know.
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
  return recoveryOf(pinVariables(source.text, source.values), {
    plan: run.plan.filter((scenario) => scenario.uri === uri),
    header: header(run, recovery, left),
    title: `recovery of run ${run.id}`,
    hosts: left.hosts,
    waves: left.waves,
  })
}

export interface RecoveryOptions extends RemainingHosts {
  plan: readonly (Pick<PlannedScenario, 'scenarioId' | 'wave'> & {
    steps: readonly Pick<PlannedStep, 'line' | 'expression' | 'keyword'>[]
  })[]
  header: readonly string[]
  title: string
}

/** The effects of lines in whose place the remaining hosts are listed, in the order of their waves. */
const SELECTS: ReadonlySet<KnownKind | undefined> = new Set(['selects hosts', 'orders hosts'])
/** The sentence that lists hosts in the table below it. */
const LISTS: Phrase = 'I want to update the hosts:'
/** The sentence that takes a wave of some size. */
const TAKES: Phrase = 'I take {wave}'

/**
 * Returns the feature's own text, with the remaining hosts in place of how hosts were selected, and the waves that are
 * left.
 */
export function recoveryOf(source: string, { plan, header, title, hosts, waves }: RecoveryOptions): string {
  const lines = withoutHeader(source.replace(/^\uFEFF/, '').split(/\r\n|\n/))
  const steps = new Map(plan.flatMap((scenario) => scenario.steps.map((step) => [step.line, step] as const)))
  const rows = plan.filter(({ wave }) => wave !== undefined)
  const kept = new Map(waves === undefined ? [] : rows.map((row, index) => [row, waves[index] ?? 0] as const))
  const whole = [...kept].filter(([{ scenarioId }]) => !isRow(lines[Number(scenarioId) - 1]))
  const dropped = new Set(whole.flatMap(([row, count]) => (count === 0 ? linesOf(row, lines) : [])))
  const sizes = new Map(whole.flatMap(([{ steps: own }, count]) => own.map(({ line }) => [line, count])))
  const out: string[] = []
  let listed = false
  let inTable = false
  lines.forEach((line, index) => {
    const number = index + 1
    if (line === undefined || dropped.has(number)) return
    const step = steps.get(number)
    if (inTable && line.trim().startsWith('|')) return
    inTable = false
    const effect = kindOf(step?.expression)
    const indent = /^\s*/.exec(line)?.[0] ?? ''
    const says = (text: string) => `${indent}${step?.keyword ?? '* '}${text}`
    if (SELECTS.has(effect)) {
      inTable = true
      if (listed) return
      listed = true
      out.push(says(LISTS), ...hosts.map((host) => `${indent}    | ${host} |`))
      return
    }
    // The count is of all hosts of the feature, not of the remaining ones, which are listed.
    if (effect === 'counts hosts') return
    const row = rows.find(({ scenarioId }) => scenarioId === String(number))
    const count = row === undefined ? undefined : kept.get(row)
    if (row !== undefined && count !== undefined && isRow(line)) {
      if (count > 0) out.push(withWave(line, row.wave ?? '', counted(count)))
      return
    }
    const size = sizes.get(number)
    if (size !== undefined && effect === 'takes wave') {
      out.push(says(TAKES.replace('{wave}', counted(size))))
      return
    }
    out.push(/^\s*Feature:/.test(line) ? `${line.trimEnd().replace(RECOVERY_TITLE, '')} (${title})` : line)
  })
  const language = /^\s*#\s*language\s*:/.test(out[0] ?? '') ? out.splice(0, 1) : []
  return [...language, ...header.map((line) => `# ${line}`.trimEnd()), ...out].join('\n')
}

const RECOVERY_TITLE = / \(recovery of run [^)]*\)$/

/**
 * Returns the lines without the header of a recovery feature: that is of the run before. Line numbers stay as they are.
 */
function withoutHeader(lines: readonly string[]): (string | undefined)[] {
  const from = lines.findIndex((line) => RECOVERY_HEADER.test(line))
  if (from < 0) return [...lines]
  const to = lines.findIndex((line, index) => index > from && line.trim() === '#')
  return lines.map((line, index) => (index >= from && index <= to ? undefined : line))
}

function isRow(line: string | undefined): boolean {
  return line?.trim().startsWith('|') === true
}

/**
 * Returns all lines of a scenario that is no row of a table. They are its tags, its own steps, and their tables and
 * documents.
 */
function linesOf(
  { scenarioId, steps }: RecoveryOptions['plan'][number],
  lines: readonly (string | undefined)[],
): number[] {
  const at = Number(scenarioId)
  let from = at
  while (/^\s*[@#]/.test(lines[from - 2] ?? '')) from -= 1
  let to = Math.max(at, ...steps.map(({ line }) => line))
  let document: string | undefined
  for (;;) {
    const next = lines[to]?.trim() ?? ''
    const mark = /^(?:"""|```)/.exec(next)?.[0]
    if (document === undefined && mark === undefined && !isRow(next)) break
    if (mark !== undefined)
      document = document === undefined ? mark : mark === document ? undefined : document
    to += 1
    if (to > lines.length) break
  }
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/** Fills in the values that the run had, so that the remaining hosts are brought to where the others are. */
function pinVariables(source: string, values: ReadonlyMap<string, string>): string {
  if (values.size === 0) return source
  return source
    .split('\n')
    .map((line) =>
      pin(line, (name) =>
        line.trim().startsWith('|') ? values.get(name)?.replace(/[\\|]/g, '\\$&') : values.get(name),
      ),
    )
    .join('\n')
}

function withWave(row: string, size: string, to: string): string {
  const cells = row.split('|')
  const at = cells.findIndex((cell) => cell.trim() === size)
  return cells.map((cell, index) => (index === at ? ` ${to} ` : cell)).join('|')
}

function header(run: RunState, { uri, path, hasRoom }: Recovery, { passed, hosts }: LeftHosts): string[] {
  const out = run.outOfRotation
  const remaining = new Set(hosts)
  const done = run.knownHosts(uri).filter((host) => !remaining.has(host))
  const restored = run.restoredIn(uri).filter((host) => remaining.has(host))
  const { text = '', line = 0 } = run.lastLineOf(uri) ?? {}
  return [
    `What run ${run.id} of ${clean(uri)} did not bring to its end.`,
    passed
      ? 'It went through, and these hosts failed within its failure budget.'
      : `It stopped at: ${clean(text)} (line ${line}).`,
    `Done, and left alone here: ${done.length === 0 ? 'no host' : inRanges(done).join(', ')}.`,
    ...(restored.length === 0
      ? []
      : [`Told to go back to the version they had: ${inRanges(restored).join(', ')}.`]),
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
