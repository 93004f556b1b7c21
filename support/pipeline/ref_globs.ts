import type { RepositorySettings } from '../config/pipeline_setting'

const BRANCH = 'refs/heads/'
const TAG = 'refs/tags/'

/** Returns whether the configuration lets a ref start something. Refs that are no branch and no tag start nothing. */
export function isWanted(
  ref: string,
  { branches, tags }: Pick<RepositorySettings, 'branches' | 'tags'>,
): boolean {
  if (ref.startsWith(BRANCH)) return branches.some((glob) => fits(ref.slice(BRANCH.length), glob))
  return isTag(ref) && tags.some((glob) => fits(ref.slice(TAG.length), glob))
}

export function isTag(ref: string): boolean {
  return ref.startsWith(TAG)
}

/** Returns the name of a branch or a tag as people say it, such as `the branch main`. */
export function nameRef(ref: string): string {
  const { kind, name } = splitRef(ref)
  return kind === 'other' ? name : `the ${kind} ${name}`
}

/** Splits a whole ref. Any other ref than a branch or a tag is its own name. */
export function splitRef(ref: string): { kind: 'branch' | 'tag' | 'other'; name: string } {
  if (ref.startsWith(BRANCH)) return { kind: 'branch', name: ref.slice(BRANCH.length) }
  return isTag(ref) ? { kind: 'tag', name: ref.slice(TAG.length) } : { kind: 'other', name: ref }
}

/**
 * Returns whether the whole name fits a glob. A star stands for any text, none and slashes among it, as in GitLab:
 * `feature/*` fits `feature/a/b`. The search never goes back: hostile names cost no more than others.
 */
function fits(name: string, glob: string): boolean {
  const [first = '', ...rest] = glob.split('*')
  const last = rest.pop()
  if (last === undefined) return name === glob
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last))
    return false
  const end = name.length - last.length
  let at = first.length
  for (const piece of rest) {
    const found = name.indexOf(piece, at)
    if (found < 0 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}
