const PLACES_AT_MOST = 3

/** `own.feature:3, own.feature:7 and 2 more`: the first lines that something is wrong with, each once. */
export function placesOf(found: readonly { uri: string; line: number }[]): string {
  const all = [...new Set(found.map(({ uri, line }) => `${uri}:${line}`))]
  const more = all.length - PLACES_AT_MOST
  return `${all.slice(0, PLACES_AT_MOST).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
