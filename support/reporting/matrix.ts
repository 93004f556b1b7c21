import type { Observation, Verdict } from '../rollout/model/verdict'
import type { PlacedHost } from '../run/run_parts'

/** The states of one host on one line. Worse ones come later. */
export const CELLS = ['blank', 'done before', 'passed', 'not attempted', 'out', 'silent', 'diverged'] as const
export type Cell = (typeof CELLS)[number]

/** A table of every line that says something about hosts, against every host. */
export interface Matrix {
  /** The lines; line 0 is what was done after a failure. */
  lines: readonly MatrixLine[]
  hosts: readonly PlacedHost[]
  /** The cells by line, then by host. A line's cells are made when they are asked for: all at once they are too many. */
  cells: Iterable<readonly Cell[]>
}

/** A line by its number and text; `took` is the milliseconds that it took in all its scenarios, where it has ended. */
export interface MatrixLine {
  line: number
  text: string
  took?: number
}

export interface MatrixInput {
  lines: readonly MatrixLine[]
  /** The lines that were begun; `ended` has those of them that came to their end. */
  begun: ReadonlySet<number>
  ended: ReadonlySet<number>
  verdicts: readonly { line: number; verdict: Verdict }[]
  hosts: readonly PlacedHost[]
  /** True when the rollout stopped before its end. */
  stopped: boolean
  /** The steps that were taken after the failure; in the matrix they have line 0, and come last. */
  undone?: readonly { what: string; verdict: Verdict }[]
}

/**
 * Returns the matrix of a feature. A line that ended and said nothing about any host is left out. One that never ran is
 * there, as not attempted; one that was begun and did not end is blank, since its outcome is not known.
 */
export function matrixOf(input: MatrixInput): Matrix {
  const { lines, begun, ended, verdicts, hosts, stopped, undone = [] } = input
  const byLine = new Map<number, Verdict[]>()
  for (const { line, verdict } of verdicts) {
    const own = byLine.get(line) ?? []
    byLine.set(line, own)
    own.push(verdict)
  }
  const columns = new Map(hosts.map(({ host }, index) => [host, index]))
  const rows: Row[] = lines.flatMap((line) => {
    const own = byLine.get(line.line) ?? []
    if (own.length === 0 && ended.has(line.line)) return []
    const isUnknown = own.length === 0 && begun.has(line.line)
    return [{ line, verdicts: own, blank: stopped && !isUnknown ? 'not attempted' : 'blank' }]
  })
  for (const { what, verdict } of undone)
    rows.push({ line: { line: 0, text: `on failure: ${what}` }, verdicts: [verdict], blank: 'blank' })
  return {
    lines: rows.map(({ line }) => line),
    hosts,
    cells: {
      *[Symbol.iterator]() {
        for (const { verdicts: own, blank } of rows) {
          const cells = hosts.map((): Cell => blank)
          for (const verdict of own) mark(cells, columns, verdict)
          yield cells
        }
      },
    },
  }
}

interface Row {
  line: MatrixLine
  verdicts: readonly Verdict[]
  /** The cell of a host that no verdict is about. */
  blank: Cell
}

/** Returns the first hosts that some line failed on, with their cells line by line; at most `most` of them. */
export function oddHosts({ hosts, cells }: Matrix, most: number): { host: string; cells: Cell[] }[] {
  const odd = new Set<number>()
  for (const row of cells)
    for (const [column, cell] of row.entries()) if (cell === 'diverged' || cell === 'silent') odd.add(column)
  const shown = [...odd].sort((a, b) => a - b).slice(0, most)
  const found = shown.map((column) => ({ host: hosts[column]?.host ?? '', cells: [] as Cell[] }))
  for (const row of cells)
    for (const [index, column] of shown.entries()) found[index]?.cells.push(row[column] ?? 'blank')
  return found
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
