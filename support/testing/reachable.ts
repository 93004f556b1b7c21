/**
 * Returns everything that a value keeps alive and that can be seen from outside: properties, and entries of maps and
 * sets.
 */
export function reachableFrom(root: unknown): ReadonlySet<unknown> {
  const reached = new Set<unknown>([root])
  for (const value of reached) for (const part of partsOf(value)) reached.add(part)
  return reached
}

function partsOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return []
  const entries = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : []
  return [...Object.values(value), ...(entries as unknown[])]
}
