import { CELLS, type Cell, type Matrix } from '../matrix'

/** The most places in a row of the picture: at 4 px each they fit on a telephone. With more hosts some share a place. */
const MAX_PLACES = 72
/** The cells that a person has to look at: no other cell hides one of them. */
const ODD: ReadonlySet<Cell> = new Set<Cell>(['silent', 'diverged'])

/** A place in every row of a picture: neighbours in the order of hosts, from `from` up to and without `to`. */
export interface Place {
  from: number
  to: number
  /** True for the first place of a wave behind the first one. */
  beginsWave: boolean
}

/** Returns the places of hosts, in their order. Two waves never share one, unless there are more waves than places. */
export function placesOf(hosts: Matrix['hosts']): Place[] {
  const waves = wavesIn(hosts)
  const parts = waves.length > MAX_PLACES / 2 ? [{ from: 0, to: hosts.length }] : waves
  let each = Math.max(1, Math.ceil(hosts.length / MAX_PLACES))
  const needed = () => parts.reduce((sum, { from, to }) => sum + Math.ceil((to - from) / each), 0)
  while (needed() > MAX_PLACES) each += 1
  return parts.flatMap(({ from, to }) =>
    Array.from({ length: Math.ceil((to - from) / each) }, (_, index) => ({
      from: from + index * each,
      to: Math.min(to, from + (index + 1) * each),
      beginsWave: index === 0 && from > 0,
    })),
  )
}

/** A block of a row: neighbouring places in which the same cells are. */
export interface Block {
  /** The index of the first place, and the number of places. */
  at: number
  length: number
  /** The hosts of the block, as a range of their order. */
  from: number
  to: number
  /** The odd cells among the hosts, the worst first. */
  odd: readonly Cell[]
  /** The worst of all other cells; undefined where all hosts are odd. */
  rest: Cell | undefined
}

/** Returns the blocks of a row: as few as tell what is to be seen. Odd cells of a few hosts are never joined away. */
export function blocksOf(row: readonly Cell[], places: readonly Place[]): Block[] {
  const blocks: Block[] = []
  for (const [at, { from, to }] of places.entries()) {
    const cells = new Set(row.slice(from, to))
    const sorted = [...cells].sort((a, b) => CELLS.indexOf(b) - CELLS.indexOf(a))
    const odd = sorted.filter((cell) => ODD.has(cell))
    const rest = sorted.find((cell) => !ODD.has(cell))
    const last = blocks.at(-1)
    if (last !== undefined && last.rest === rest && last.odd.join() === odd.join()) {
      last.length += 1
      last.to = to
    } else blocks.push({ at, length: 1, from, to, odd, rest })
  }
  return blocks
}

function wavesIn(hosts: Matrix['hosts']): { from: number; to: number }[] {
  const waves: { from: number; to: number }[] = []
  for (const [index, { wave }] of hosts.entries()) {
    const last = waves.at(-1)
    if (last !== undefined && hosts[index - 1]?.wave === wave) last.to = index + 1
    else waves.push({ from: index, to: index + 1 })
  }
  return waves
}
