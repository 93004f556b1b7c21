import type { OpenObligation } from './open_obligations'

/** The hosts on which one obligation is undone at the same time. */
interface UndoPart<T> {
  obligation: string
  items: readonly T[]
}

/**
 * Returns the parts in which obligations are undone, from a list of them as they were opened: on each host the newest first. An
 * obligation is in one part wherever the order of its hosts allows it.
 */
export function orderLastFirst<T extends OpenObligation>(opened: readonly T[]): UndoPart<T>[] {
  const parts: UndoPart<T>[] = []
  let left = opened
  while (left.length > 0) {
    const newestOf = new Map(left.map((item) => [item.host, item]))
    const newest = left.filter((item) => newestOf.get(item.host) === item)
    const covered = new Set(left.filter((item) => newestOf.get(item.host) !== item).map(named))
    const next = newest.findLast((item) => !covered.has(named(item))) ?? newest.at(-1)
    if (next === undefined) break
    const items = newest.filter((item) => named(item) === named(next))
    parts.push({ obligation: named(next), items })
    const done = new Set(items)
    left = left.filter((item) => !done.has(item))
  }
  return parts
}

function named({ obligation }: OpenObligation): string {
  return obligation
}
