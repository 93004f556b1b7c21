import { LockstepError } from '../../system/errors'
import type { StepContext } from '../engine/step_context'
import type { Answers } from '../model/answers'
import { formatRelease, readGitAnswer, type GitAnswer } from './git_answer'
import type { Reading } from '../model/reading'

/** A tag of a repository. */
export interface NamedTag {
  repository: string
  tag: string
}

/** The commits of tags, by `repository tag`. */
export type TagCommits = ReadonlyMap<string, string>

export function tagKey({ repository, tag }: NamedTag): string {
  return `${repository} ${tag}`
}

/**
 * The commits that tags are at, for the whole rollout. The first look binds a tag to the commit at which all hosts that
 * answer have it; from then on, a host that has it elsewhere diverges. A rollout that goes on keeps the commits of the run
 * before, and one that keeps to an approved plan begins with the commits of that.
 */
export class BoundTags {
  private readonly commits: Map<string, string>

  constructor(
    private readonly step: Pick<StepContext, 'append'>,
    earlier: TagCommits,
    private readonly planned: TagCommits,
  ) {
    this.commits = new Map(earlier)
  }

  commitOf(tag: NamedTag): string | undefined {
    return this.commits.get(tagKey(tag))
  }

  /** Binds a tag by the answers of hosts, unless it is bound already or they do not agree. */
  async bind(tag: NamedTag, { outcomes }: Answers): Promise<void> {
    if (this.commitOf(tag) !== undefined) return
    const seen = new Set([...outcomes.values()].flatMap((answer) => readGitAnswer(answer)?.tagCommit ?? []))
    const commit = this.planned.get(tagKey(tag)) ?? (seen.size === 1 ? [...seen][0] : undefined)
    if (commit === undefined) return
    this.commits.set(tagKey(tag), commit)
    await this.step.append({ type: 'tag', ...tag, commit })
  }

  /** Judges whether a host has a tag at the commit that it is bound to. */
  judge(tag: NamedTag, { tagCommit, serverCommit }: GitAnswer): Reading {
    const name = tag.tag
    if (tagCommit === undefined) return { passed: false, seen: `has no tag ${name}` }
    const has = `has ${formatRelease(name, tagCommit)}`
    const bound = this.commitOf(tag)
    if (bound === undefined) return { passed: false, seen: `${has}; the hosts do not have it at one commit` }
    if (tagCommit !== bound)
      return { passed: false, seen: `${has}, and this rollout is for ${formatRelease(name, bound)}` }
    if (serverCommit !== undefined && serverCommit !== tagCommit)
      return {
        passed: false,
        seen: `${has}, and the server has moved it to ${formatRelease(name, serverCommit)}`,
      }
    return { passed: true, seen: has }
  }
}

/**
 * Returns what an earlier line has named. The rollout stops where none has.
 * @throws LockstepError `bad-feature`
 */
export function expectNamed<T>(value: T | undefined, what: string, step: Pick<StepContext, 'stopAt'>): T {
  if (value !== undefined) return value
  const error = new LockstepError(
    'bad-feature',
    `no line before this one says which ${what} it is about; write: Given the ${what} …`,
  )
  step.stopAt(error)
  throw error
}
