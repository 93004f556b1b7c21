/** The files that each file imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

/**
 * Returns the circles of a graph: the largest sets of files that all import each other, directly or not. Tarjan's
 * algorithm, with a stack of its own, since a chain of imports may be longer than that of calls.
 */
export function circlesIn(graph: ImportGraph): string[][] {
  const indexes = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const isOpen = new Set<string>()
  const circles: string[][] = []
  const lower = (file: string, to: number) => lowest.set(file, Math.min(lowest.get(file) ?? to, to))
  const enter = (file: string) => {
    lowest.set(file, indexes.size)
    indexes.set(file, indexes.size)
    open.push(file)
    isOpen.add(file)
    return { file, next: [...(graph.get(file) ?? [])] }
  }
  const leave = (file: string) => {
    if (lowest.get(file) !== indexes.get(file)) return
    const circle = open.splice(open.indexOf(file))
    for (const each of circle) isOpen.delete(each)
    const importsItself = graph.get(file)?.includes(file) === true
    if (circle.length > 1 || importsItself) circles.push(circle.sort())
  }
  for (const start of graph.keys()) {
    if (indexes.has(start)) continue
    const path = [enter(start)]
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { file, next } = top
      const imported = next.pop()
      if (imported === undefined) {
        path.pop()
        leave(file)
        const above = path.at(-1)
        if (above !== undefined) lower(above.file, lowest.get(file) ?? 0)
      } else if (!indexes.has(imported)) path.push(enter(imported))
      else if (isOpen.has(imported)) lower(file, indexes.get(imported) ?? 0)
    }
  }
  return circles
}
