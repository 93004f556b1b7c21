/** Returns the expected hosts that are missing, and the found ones that are not expected. Each list keeps its order. */
export function compareWith(
  expected: readonly string[],
  found: readonly string[],
): { missing: string[]; strangers: string[] } {
  const [wanted, there] = [new Set(expected), new Set(found)]
  return {
    missing: expected.filter((host) => !there.has(host)),
    strangers: found.filter((host) => !wanted.has(host)),
  }
}
