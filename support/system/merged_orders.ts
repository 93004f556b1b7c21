/**
 * Merges lists that are each in their order into one, the longest first. A name that only some have stands before the
 * next one that both have, and at the end where there is none.
 */
export function mergeOrders(lists: readonly (readonly string[])[]): string[] {
  const [first = [], ...rest] = lists.toSorted((a, b) => b.length - a.length)
  const merged = [...first]
  for (const list of rest) {
    const known = new Set(merged)
    let next = merged.length
    for (const name of list.toReversed()) {
      if (known.has(name)) next = merged.indexOf(name)
      else merged.splice(next, 0, name)
    }
  }
  return merged
}
