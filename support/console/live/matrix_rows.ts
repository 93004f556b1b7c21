import { crc32 } from 'node:zlib'
import { evidenceOf } from '../../reporting/evidence'
import type { Html, Markup } from '../../reporting/html/markup'
import { rowsOf } from '../../reporting/html/matrix_picture'
import type { Cell } from '../../reporting/matrix'
import type { PlacedHost } from '../../run/run_parts'
import type { RunState } from '../../run/run_state'
import { keyOf as keyOfScenario } from '../../run/scenario_runs'

interface Row {
  sign: string
  /** Undefined for a line that says nothing about any host. */
  row: Markup | undefined
  used: readonly Cell[]
}

interface Wanted {
  uri: string
  /** The hosts of the feature, in the order of their waves. */
  hosts: readonly PlacedHost[]
  words: Partial<Record<Cell, string>>
  used: Set<Cell>
  isJudged: boolean
}

/**
 * The rows of the matrix of a run, drawn again only where something was said of their line since: every host on every
 * line would be far too much for each event.
 */
export class MatrixRows {
  private state: RunState | undefined
  private readonly known = new Map<string, Row>()

  /** Forgets the rows of another run, or of this one when it was read anew. */
  private begin(state: RunState): void {
    if (state !== this.state) this.known.clear()
    this.state = state
  }

  /** Draws the rows of a feature in their order, and notes which cells are in them. */
  *of(page: Html, state: RunState, wanted: Wanted): Iterable<{ line: number; row: Markup }> {
    this.begin(state)
    const { uri, words, used } = wanted
    const signs = signsOf(state, wanted)
    const isNew = (line: number) => this.known.get(keyOf(uri, line))?.sign !== signs.get(line)
    const cells = new Set<Cell>()
    const drawn = rowsOf(page, evidenceOf(state, uri, isNew), words, cells)[Symbol.iterator]()
    // One row is drawn at a time: what it is made of is forgotten before the next one.
    const draw = () => {
      cells.clear()
      const { value, done } = drawn.next()
      return done === true ? undefined : { line: value.line, row: value.row, used: [...cells] }
    }
    let next = draw()
    for (const [line, sign] of signs) {
      const own = next?.line === line ? next : undefined
      if (isNew(line)) this.known.set(keyOf(uri, line), { sign, row: own?.row, used: own?.used ?? [] })
      if (own !== undefined) next = draw()
      const known = this.known.get(keyOf(uri, line))
      for (const cell of known?.used ?? []) used.add(cell)
      if (known?.row !== undefined) yield { line, row: known.row }
    }
    // Steps that were done after a failure come last.
    for (; next !== undefined; next = draw()) {
      for (const cell of next.used) used.add(cell)
      yield { line: 0, row: next.row }
    }
  }
}

/** Returns for each line of a feature, in their order, a text that is another one once its row may be. */
function signsOf(state: RunState, { uri, hosts, isJudged }: Wanted): Map<number, string> {
  const order = crc32(hosts.map(({ host, wave = '' }) => `${host} ${wave}`).join('\n'))
  const counts = new Map<number, number>()
  const ended = new Map<number, number>()
  const add = (to: Map<number, number>, line: number, n: number) => to.set(line, (to.get(line) ?? 0) + n)
  for (const scenario of state.plan) {
    if (scenario.uri !== uri) continue
    for (const { line } of scenario.steps) add(counts, line, 0)
    for (const line of state.courses.get(keyOfScenario(scenario))?.keys() ?? []) add(ended, line, 1)
  }
  for (const step of state.verdicts) if (step.uri === uri) add(counts, step.line, 1)
  const begun = state.begunLines(uri)
  const all = `${order} ${hosts.length} ${isJudged} ${state.hasStopped} ${state.mode}`
  return new Map(
    [...counts]
      .sort(([a], [b]) => a - b)
      .map(([line, n]) => [line, `${n} ${ended.get(line) ?? 0} ${begun.has(line)} ${all}`]),
  )
}

function keyOf(uri: string, line: number): string {
  return `${line} ${uri}`
}
