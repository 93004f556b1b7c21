import { recordChange, type RecordedChange } from './events'
import { isRefName } from './ref_name'

/** A line of development of a Subversion repository: the trunk, a branch or a tag. */
export interface SvnLine {
  kind: 'trunk' | 'branch' | 'tag'
  /** The path below the address, such as `branches/1.2`; empty where the address is the trunk. */
  path: string
  /** The last revision that has changed something in it. */
  changedIn: number
}

/** The names of a line: where git svn has it, and where the mirror shows it. */
export interface LineRefs {
  /** The ref that git svn keeps. */
  kept: string
  /** The branch or tag that is shown. */
  shown: string
}

const KEPT = 'refs/remotes/svn/'
const TRUNK = 'refs/heads/trunk'
/** The most bytes of a name: git svn makes a folder and a file of it, and adds to that. */
const MAX_NAME_BYTES = 200

/**
 * The names that git svn leaves out, by its own ref before it writes one: those that it would have to write in another way,
 * one with an @, which it misreads, and one that is longer than a file system takes. It ends at the first of the last kind.
 */
export const IGNORED_REFS = String.raw`^refs/remotes/svn/(?:(?:branches|tags)/(?:\.|.{${MAX_NAME_BYTES + 1}}|.*(?:[ %~^:?*\[\\\x00-\x1f\x7f@]|\.\.|\.lock$|\.$))|branches/trunk$)`

/** The refs below which git svn keeps its own. */
export const KEPT_REFS = KEPT

/** Returns the refs of a line, or why it has none, as a sentence goes on after its path. */
export function nameLine({ kind, path }: SvnLine): LineRefs | { why: string } {
  if (kind === 'trunk') return { kept: `${KEPT}trunk`, shown: TRUNK }
  const name = path.slice(path.indexOf('/') + 1)
  const shown = `refs/${kind === 'tag' ? 'tags' : 'heads'}/${name}`
  if (shown === TRUNK) return { why: 'has the name of the trunk' }
  if (Buffer.byteLength(name) > MAX_NAME_BYTES)
    return { why: `has a name of more than ${MAX_NAME_BYTES} bytes` }
  if (/[%@]/.test(name)) return { why: 'has % or @ in its name' }
  return isRefName(shown) ? { kept: `${KEPT}${path}`, shown } : { why: 'has a name that git does not allow' }
}

/** Refs by name, each with its commit. */
export type Refs = Readonly<Record<string, string>>

/** Returns what has become of refs: what was there and is no more, what is new, and what has moved. */
export function compareRefs(before: Refs, after: Refs): RecordedChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names
    .filter((ref) => before[ref] !== after[ref])
    .map((ref) => recordChange({ ref, before: before[ref], after: after[ref] }))
}
