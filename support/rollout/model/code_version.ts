import { goesBack } from './versions'

/** The version of puppet code as its config_version script tells it: words, one of which is the release. */
export type CodeVersion = string

/** Returns whether a version is that of a release or of a commit: it is that, or one of its words is exactly that. */
export function isOfRelease(version: CodeVersion, release: string): boolean {
  return release !== '' && (version === release || wordsOf(version).includes(release))
}

export type CodeMove = 'same' | 'forward' | 'back' | 'not known'

/**
 * Judges a host's way from the code of its last run to other code, by the names of the releases: the rules of dpkg and
 * rpm have to agree on their order. Where a version has no such name, or several, the way is not known.
 */
export function judgeMove(last: CodeVersion, next: CodeVersion): CodeMove {
  const [before, after] = [wordsOf(last), wordsOf(next)]
  const [from, to] = [nameIn(before), nameIn(after)]
  // Without a name, a version is a time: the same one may stand for anything.
  if (from === undefined || to === undefined) return 'not known'
  if (before.join(' ') === after.join(' ')) return 'same'
  const [isBack, isForward] = [goesBack(from, to, undefined), goesBack(to, from, undefined)]
  // One name at two commits is one release that has moved.
  if (isBack === undefined || isForward === undefined || isBack === isForward) return 'not known'
  return isBack ? 'back' : 'forward'
}

/** A release's name such as 2026.11.3 or v1.4.0-rc1: numbers with dots between them. */
const NAME = /^v?\d+(?:\.\d+)+(?:[-+~][\w.+~-]*)?$/

function nameIn(words: readonly string[]): string | undefined {
  const names = words.filter((word) => NAME.test(word))
  return names.length === 1 ? names[0]?.replace(/^v/, '') : undefined
}

function wordsOf(version: CodeVersion): string[] {
  return version.split(/[\s,;]+/).filter((word) => word !== '')
}
