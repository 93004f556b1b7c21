import { CELLS, type Cell } from './matrix'

/** The order in which cells are counted: what is well, what failed, and what was not tried. */
const ORDER: readonly Cell[] = ['passed', 'done before', 'diverged', 'silent', 'out', 'not attempted']

/**
 * Formats how many hosts of a line have which cell, such as `998 passed · 1 diverged · 1 silent`. `words` are other
 * words for cells; blank cells are counted only where there is a word for them.
 */
export function formatTally(row: readonly Cell[], words: Partial<Record<Cell, string>> = {}): string {
  const counts = new Map<Cell, number>(CELLS.map((cell) => [cell, 0]))
  for (const cell of row) counts.set(cell, (counts.get(cell) ?? 0) + 1)
  const told = [...ORDER, 'blank' as const].flatMap((cell) => {
    const n = counts.get(cell) ?? 0
    const isCounted = n > 0 && (cell !== 'blank' || words.blank !== undefined)
    return isCounted ? [`${n} ${words[cell] ?? cell}`] : []
  })
  return told.length === 0 ? 'no outcome is known' : told.join(' · ')
}
