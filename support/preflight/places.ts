const MAX_PLACES = 3

/**
 * Returns the first lines that something is wrong with, each once, such as `own.feature:3, own.feature:7 and 2 more`.
 */
export function placesOf(found: readonly { uri: string; line: number }[]): string {
  const all = [...new Set(found.map(({ uri, line }) => `${uri}:${line}`))]
  const more = all.length - MAX_PLACES
  return `${all.slice(0, MAX_PLACES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
