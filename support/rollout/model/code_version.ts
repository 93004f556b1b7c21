/** The version of puppet code as its config_version script tells it: words, one of which is the release. */
export type CodeVersion = string

/** Returns whether a version is that of a release or of a commit: one of its words is exactly that. */
export function isOfRelease(version: CodeVersion, release: string): boolean {
  return wordsOf(version).includes(release)
}

/** Releases of puppet code, the oldest first, as their repository orders them. */
export type CodeOrder = readonly string[]

export type CodeMove = 'same' | 'forward' | 'back' | 'not known'

/**
 * Judges a host's way from the code of its last run to other code. Only the order of the repository counts: a name such
 * as 2026.11.3 says nothing by itself. Where a version is none or several of the releases, the way is not known.
 */
export function judgeMove(order: CodeOrder, last: CodeVersion, next: CodeVersion): CodeMove {
  if (wordsOf(last).length > 0 && wordsOf(last).join(' ') === wordsOf(next).join(' ')) return 'same'
  const [from, to] = [placeOf(order, last), placeOf(order, next)]
  if (from === undefined || to === undefined) return 'not known'
  // One name at two commits is one release that has moved.
  if (from === to) return 'not known'
  return to < from ? 'back' : 'forward'
}

function placeOf(order: CodeOrder, version: CodeVersion): number | undefined {
  const words = new Set(wordsOf(version))
  const places = order.flatMap((release, index) => (words.has(release) ? [index] : []))
  return places.length === 1 ? places[0] : undefined
}

function wordsOf(version: CodeVersion): string[] {
  return version.split(/\s+/).filter((word) => word !== '')
}
