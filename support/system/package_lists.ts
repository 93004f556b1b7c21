/**
 * Matches what apt, dnf and yum print for a source whose list could not be read. All of them go on with the others, or
 * with an old list, and may exit with 0.
 */
const UNREAD =
  /^(?:E: .+|Err:\d+ .+|W: (?:Failed to fetch|Some index files failed|GPG error).*|W: .*(?:previous index files will be used|is not updated).*|W: Skipping acquire of configured file .*|Ignoring repositories: .+|(?:Error: )?Failed to (?:download metadata|synchronize cache) for repo.*|Warning: failed loading .*|Bad id for repo: .*|.*: \[Errno \d+\] .+)$/

const MAX_TOLD = 3

/** Returns the lines of a package manager that tell of lists that it could not read; undefined where there is none. */
export function findUnreadLists(output: string): string | undefined {
  const told = [...new Set(output.split('\n').filter((line) => UNREAD.test(line)))]
  // Of a failure apt tells the reason at the end, and what it did at the beginning.
  const reasons = told.filter((line) => !line.startsWith('Err:'))
  const shown = (reasons.length > 0 ? reasons : told).slice(0, MAX_TOLD)
  return shown.length === 0 ? undefined : shown.join('; ')
}
