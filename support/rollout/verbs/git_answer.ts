import type { Answer, Request } from '../model/answers'
import { OBJECT_ID, shortId } from '../../system/git_names'

/** The word for a host that serves no release. */
export const NO_RELEASE = 'no release'

/** The answer of a host's git agent, as far as it goes. */
export interface GitAnswer {
  commit: string | undefined
  tag: string | undefined
  whole: boolean
  /** Undefined where no release is served. */
  unchanged: boolean | undefined
  changes: readonly string[]
  problem: string | undefined
  tagCommit: string | undefined
  serverCommit: string | undefined
}

/** Returns the request for what a host serves, and for where it has a tag. */
export function gitStatus(repository: string, tag?: string): Omit<Request, 'mutating'> {
  const inputs = { repository, ...(tag === undefined ? {} : { tag }) }
  return { agent: 'git', action: 'status', inputs }
}

/** Reads an answer; undefined for one that does not say what is served. */
export function readGitAnswer(answer: Answer | undefined): GitAnswer | undefined {
  if (answer?.kind !== 'answered' || typeof answer.data['whole'] !== 'boolean') return undefined
  const { data } = answer
  const text = (key: string) => (typeof data[key] === 'string' && data[key] !== '' ? data[key] : undefined)
  const unchanged = data['unchanged']
  const changes = Array.isArray(data['changes']) ? data['changes'] : []
  return {
    commit: commitIn(data['commit']),
    tag: text('tag'),
    whole: data['whole'] === true,
    unchanged: typeof unchanged === 'boolean' ? unchanged : undefined,
    changes: changes.filter((each): each is string => typeof each === 'string'),
    problem: text('problem'),
    tagCommit: commitIn(data['tag_commit']),
    serverCommit: commitIn(data['server_commit']),
  }
}

/** Returns a tag with its commit, as people see it: `v2 (0123456789ab)`. */
export function formatRelease(tag: string | undefined, commit: string): string {
  return `${tag ?? 'no tag'} (${shortId(commit)})`
}

/** Describes the release that a host serves, and what is wrong with it. */
export function describeServed({ commit, tag, whole, unchanged, changes, problem }: GitAnswer): string {
  if (commit === undefined) return problem === undefined ? NO_RELEASE : `${NO_RELEASE}: ${problem}`
  const faults = [
    ...(whole ? [] : [problem ?? 'its deploy did not come to its end']),
    ...(unchanged === false ? [describeChanges(changes)] : []),
  ]
  return [formatRelease(tag, commit), ...faults].join(', ')
}

export function describeChanges(changes: readonly string[]): string {
  const more = changes.length > 3 ? `, and ${changes.length - 3} more` : ''
  return `its files were changed: ${changes.slice(0, 3).join(', ') || 'the host does not say which'}${more}`
}

/** Describes an answer that does not say what is served. */
export function describeNoGit(answer: Answer): string {
  if (answer.kind === 'failed') return answer.message || 'failed without saying why'
  return answer.kind === 'answered' ? 'does not say what it serves' : answer.kind
}

function commitIn(value: unknown): string | undefined {
  return typeof value === 'string' && OBJECT_ID.test(value) ? value : undefined
}
