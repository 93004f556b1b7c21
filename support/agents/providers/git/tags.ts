import { fits } from '../../../rpc/contracts/contract'
import { tagName } from '../../../rpc/contracts/rules'
import type { Fetched, MovedTag } from '../../git'
import type { GitProgram } from './git_program'

/** Where the tags of the server are kept, beside those that the host has taken. */
const SERVER = 'refs/lockstep/server/'
const OWN = 'refs/tags/'
const FETCH_WITHIN = 150_000
/** The most tags that one git takes at once, for the length of its command line. */
const MAX_AT_ONCE = 500

/** The tags of a host and, by its last fetch, of the server: commits by name. */
export interface Tags {
  /** The newest first. */
  own: ReadonlyMap<string, string>
  server: ReadonlyMap<string, string>
  /** The number of tags of the server that are not accepted: by their name, or since they name no commit. */
  ignored: number
}

export async function readTags(git: GitProgram, signal: AbortSignal, only?: string): Promise<Tags> {
  const format = ['refname', 'objectname', 'objecttype', '*objectname', '*objecttype']
    .map((field) => `%(${field})`)
    .join('%00')
  const places = [`${OWN}${only ?? ''}`, `${SERVER}${only ?? ''}`]
  const listed = await git.git(
    ['for-each-ref', '--sort=-creatordate', `--format=${format}`, '--', ...places],
    { signal },
  )
  const tags = { own: new Map<string, string>(), server: new Map<string, string>(), ignored: 0 }
  for (const line of listed.split('\n').filter(Boolean)) {
    const [ref = '', object, type, peeled, peeledType] = line.split('\0')
    const commit = type === 'commit' ? object : peeledType === 'commit' ? peeled : undefined
    const isOwn = ref.startsWith(OWN)
    const name = ref.slice((isOwn ? OWN : SERVER).length)
    if (only !== undefined && name !== only) continue
    if (commit === undefined || !fits(tagName, name)) tags.ignored += isOwn ? 0 : 1
    else tags[isOwn ? 'own' : 'server'].set(name, commit)
  }
  return tags
}

/**
 * Fetches the tags of a server, and takes those that are new. A tag that is at another commit than the host has it stays
 * as it was, unless it is `tag` and is at the commit `accept`.
 */
export async function fetchTags(
  git: GitProgram,
  { url, repository }: { url: string; repository: string },
  { tag, accept }: { tag: string | undefined; accept: string | undefined },
  signal: AbortSignal,
): Promise<Pick<Fetched, 'added' | 'moved' | 'ignored'>> {
  const quiet = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules']
  const limits = { signal, within: FETCH_WITHIN, outlives: true }
  // Not at once: a tag that takes the place of a folder of tags, or a folder that of a tag, is possible only after it.
  await git.git(['fetch', ...quiet, '--prune', '--', url, `+${OWN}*:${SERVER}*`], limits)
  const { own, server, ignored } = await readTags(git, signal)
  const unknown = [...server.keys()].filter((name) => !own.has(name)).sort()
  const added = unknown.filter((name) => hasPlace(name, [...own.keys()]))
  const differing = [...server].flatMap(([name, to]): MovedTag[] => {
    const from = own.get(name)
    return from === undefined || from === to ? [] : [{ tag: name, from, to }]
  })
  const isAccepted = ({ tag: name, to }: MovedTag) => name === tag && to === accept
  const taken = [...added, ...differing.filter(isAccepted).map((each) => each.tag)]
  for (let from = 0; from < taken.length; from += MAX_AT_ONCE) {
    const some = taken.slice(from, from + MAX_AT_ONCE).map((name) => `+${SERVER}${name}:${OWN}${name}`)
    await git.git(['fetch', ...quiet, '--atomic', '--', repository, ...some], limits)
  }
  return {
    added,
    moved: differing.filter((each) => !isAccepted(each)),
    ignored: ignored + unknown.length - added.length,
  }
}

/** Returns whether git can have a tag beside others: `v1` and `v1/rc` exclude each other. */
function hasPlace(name: string, others: readonly string[]): boolean {
  return !others.some((other) => name.startsWith(`${other}/`) || other.startsWith(`${name}/`))
}
