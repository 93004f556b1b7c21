import type { Observation, Verdict } from '../rollout/model/verdict'
import type { PlacedHost } from '../run/run_parts'

/** The states of one host on one line. Worse ones come later. */
export const CELLS = ['blank', 'done before', 'passed', 'not attempted', 'out', 'silent', 'diverged'] as const
export type Cell = (typeof CELLS)[number]

/** A table of every line that says something about hosts, against every host. */
export interface Matrix {
  /** The lines by number and text; line 0 is what was done after a failure. */
  lines: readonly { line: number; text: string }[]
  hosts: readonly PlacedHost[]
  /** The cells by line, then by host. */
  cells: readonly (readonly Cell[])[]
}

export interface MatrixInput {
  lines: readonly { line: number; text: string }[]
  /** The lines that were begun. */
  begun: ReadonlySet<number>
  verdicts: readonly { line: number; verdict: Verdict }[]
  hosts: readonly PlacedHost[]
  /** True when the rollout stopped before its end. */
  stopped: boolean
  /** The steps that were taken after the failure; in the matrix they have line 0, and come last. */
  undone?: readonly { what: string; verdict: Verdict }[]
}

/**
 * Returns the matrix of a feature. A line that ran and said nothing about any host is left out; one that never ran is
 * there, as not attempted.
 */
export function matrixOf({ lines, begun, verdicts, hosts, stopped, undone = [] }: MatrixInput): Matrix {
  const byLine = new Map<number, Verdict[]>()
  for (const { line, verdict } of verdicts) {
    const own = byLine.get(line) ?? []
    byLine.set(line, own)
    own.push(verdict)
  }
  const columns = new Map(hosts.map(({ host }, index) => [host, index]))
  const rows = lines.flatMap(({ line, text }) => {
    const own = byLine.get(line) ?? []
    if (own.length === 0 && begun.has(line)) return []
    const cells: Cell[] = hosts.map(() => (stopped ? 'not attempted' : 'blank'))
    for (const verdict of own) mark(cells, columns, verdict)
    return [{ line, text, cells }]
  })
  for (const { what, verdict } of undone) {
    const cells: Cell[] = hosts.map(() => 'blank')
    mark(cells, columns, verdict)
    rows.push({ line: 0, text: `on failure: ${what}`, cells })
  }
  return {
    lines: rows.map(({ line, text }) => ({ line, text })),
    hosts,
    cells: rows.map(({ cells }) => cells),
  }
}

/** Returns the hosts that some line failed on, with their cells line by line. */
export function oddHosts({ hosts, cells }: Matrix): { host: string; cells: Cell[] }[] {
  return hosts.flatMap(({ host }, column) => {
    const own = cells.map((row) => row[column] ?? 'blank')
    return own.some((cell) => cell === 'diverged' || cell === 'silent') ? [{ host, cells: own }] : []
  })
}

function mark(
  cells: Cell[],
  columns: ReadonlyMap<string, number>,
  { observations, out = [] }: Verdict,
): void {
  const seen = new Set<number>()
  const set = (host: string, cell: Cell) => {
    const column = columns.get(host)
    if (column === undefined) return
    const before = cells[column] ?? 'blank'
    const known = before !== 'not attempted' && before !== 'blank'
    if (!known || CELLS.indexOf(cell) > CELLS.indexOf(before)) cells[column] = cell
    seen.add(column)
  }
  for (const observation of observations) set(observation.host, cellOf(observation))
  for (const host of out) set(host, 'out')
}

function cellOf({ passed, kind }: Observation): Cell {
  if (passed) return kind === 'done before' ? 'done before' : 'passed'
  return kind === 'silent' ? 'silent' : 'diverged'
}

export interface CellRun {
  cell: Cell
  from: number
  length: number
}

/** Joins neighbours that are alike to one block. A picture of 10,000 hosts is no larger than what there is to see. */
export function runsOf(row: readonly Cell[]): CellRun[] {
  const runs: CellRun[] = []
  row.forEach((cell, index) => {
    const last = runs.at(-1)
    if (last?.cell === cell) last.length += 1
    else runs.push({ cell, from: index, length: 1 })
  })
  return runs
}
