import { readFileSync } from 'node:fs'
import { pin } from '../../config/variables'
import type { Rollout } from '../../rollout/rollout'
import { clean, hosts as counted } from '../../rollout/verdict'
import { inRanges } from '../screen/host_names'
import { heldTable } from '../screen/host_table'
import { report, writeWhole } from './reports'
import type { PlannedScenario, Run } from '../run'

/**
 * Writes a feature with exactly the hosts that a stopped rollout did not bring to its end. Resolves with its path;
 * undefined when no host had been changed, or when it cannot be written, which is said and decides nothing.
 */
export function writeRecovery(run: Run, uri: string, rollout: Rollout): string | undefined {
  if (!rollout.hasChangedHosts) return undefined
  const remaining = rollout.remaining()
  if (remaining.hosts.length === 0) return undefined
  const path = report(`recovery-${run.id}.feature`)
  try {
    const text = recoveryOf(pinned(readFileSync(uri, 'utf8'), run.filling?.of.fixedIn(uri)), {
      plan: run.plan.filter((scenario) => scenario.uri === uri),
      header: header(run, uri, rollout, remaining),
      title: `recovery of run ${run.id}`,
      ...remaining,
    })
    writeWhole(path, run.scrub(text))
    return path
  } catch (error) {
    process.stderr.write(`${path} could not be written: ${(error as Error).message}\n`)
    return undefined
  }
}

export interface Remaining {
  /** In the order of their waves. */
  hosts: readonly string[]
  /** How many of them each wave that is left takes; none for a feature without waves. */
  waves: readonly number[]
}

export interface RecoveryOptions extends Remaining {
  plan: readonly (Pick<PlannedScenario, 'unit' | 'wave'> & {
    steps: readonly { line: number; text: string }[]
  })[]
  header: readonly string[]
  title: string
}

const SELECTS = /^I want to update (?:hosts with |the hosts)/
const COUNTS = /^there should be (?:at least|exactly) \S+ hosts?$/
const ORDERS = /^the hosts are taken /
/** As they stand in the feature, where a variable or a column may still have its name. */
const PHRASE = /(?:I want to update (?:hosts with |the hosts)|the hosts are taken ).*$/

/** The feature's own text, with the remaining hosts in place of how hosts were selected, and the waves that are left. */
export function recoveryOf(source: string, { plan, header, title, hosts, waves }: RecoveryOptions): string {
  const lines = source.replace(/^\uFEFF/, '').split(/\r\n|\n/)
  const steps = new Map(
    plan.flatMap((scenario) => scenario.steps.map(({ line, text }) => [line, text] as const)),
  )
  const rows = plan.filter(({ wave }) => wave !== undefined)
  const keptRows = new Map(
    rows.slice(rows.length - waves.length).map((row, index) => [row, waves[index] ?? 0]),
  )
  const out: string[] = []
  let listed = false
  let inTable = false
  lines.forEach((line, index) => {
    const number = index + 1
    const step = steps.get(number)
    if (inTable && line.trim().startsWith('|')) return
    inTable = false
    if (step !== undefined && (SELECTS.test(step) || ORDERS.test(step))) {
      inTable = true
      if (listed) return
      listed = true
      const indent = /^\s*/.exec(line)?.[0] ?? ''
      out.push(
        line.replace(PHRASE, 'I want to update the hosts:'),
        ...hosts.map((host) => `${indent}    | ${host} |`),
      )
      return
    }
    // It is of all hosts that the feature was for, not of those that are left, who are listed.
    if (step !== undefined && COUNTS.test(step)) return
    const row = rows.find(({ unit }) => unit === String(number))
    if (row !== undefined) {
      const count = keptRows.get(row)
      if (count !== undefined && count > 0) out.push(withWave(line, row.wave ?? '', counted(count)))
      return
    }
    out.push(/^\s*Feature:/.test(line) ? `${line.trimEnd()} (${title})` : line)
  })
  const language = /^\s*#\s*language\s*:/.test(out[0] ?? '') ? out.splice(0, 1) : []
  return [...language, ...header.map((line) => `# ${line}`.trimEnd()), ...out].join('\n')
}

/** With the values that the run had, so that what is left is brought to where the rest is. */
function pinned(source: string, values: ReadonlyMap<string, string> | undefined): string {
  if (values === undefined || values.size === 0) return source
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

function header(run: Run, uri: string, rollout: Rollout, remaining: Remaining): string[] {
  const held = run.held()
  const done = (rollout.hosts.known ?? []).filter((host) => !remaining.hosts.includes(host))
  return [
    `What run ${run.id} of ${clean(uri)} did not bring to its end.`,
    `It stopped at: ${clean(rollout.step)} (line ${rollout.line}).`,
    `Done, and left alone here: ${done.length === 0 ? 'nobody' : inRanges(done).join(', ')}.`,
    ...(held.length === 0 ? ['Nothing was left held.'] : ['Still held when it stopped:']),
    ...(held.length === 0
      ? []
      : heldTable(held)
          .split('\n')
          .map((line) => `  ${line}`)),
    'Read it, mend what is named above, and run it like any other feature.',
    '',
  ]
}
