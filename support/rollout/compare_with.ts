/** Who should be there and is not, and who is there and should not be; in the order of the lists. */
export function compareWith(
  expected: readonly string[],
  found: readonly string[],
): { missing: string[]; unexpected: string[] } {
  const [wanted, there] = [new Set(expected), new Set(found)]
  return {
    missing: expected.filter((host) => !there.has(host)),
    unexpected: found.filter((host) => !wanted.has(host)),
  }
}
