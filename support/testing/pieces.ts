/** Returns the pieces of a secret, of `shortest` characters, that a text still contains. */
export function piecesOf(secret: string, text: string, shortest = 6): string[] {
  const starts = Array.from({ length: Math.max(0, secret.length - shortest + 1) }, (_, at) => at)
  return starts.map((at) => secret.slice(at, at + shortest)).filter((piece) => text.includes(piece))
}

/** Returns texts in which a secret stands ever further from the beginning, so that each cut falls into it once. */
export function movedAlong(secret: string, upTo: number, after = 600): string[] {
  return Array.from({ length: upTo + 1 }, (_, before) => `${'.'.repeat(before)}${secret}${'.'.repeat(after)}`)
}
