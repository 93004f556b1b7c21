import type { AskHosts, PlannableChange } from '../engine/change'
import { byThen, NOT_KNOWN, type PlannedState } from '../model/planned_state'
import {
  describeChanges,
  describeNoGit,
  describeServed,
  formatRelease,
  readGitAnswer,
  type GitAnswer,
} from './git_answer'
import { isService } from './services'
import type { BoundTags, NamedTag } from './tag_commits'

interface Deploy {
  wanted: NamedTag
  resource: string
  ask: AskHosts
  bound: BoundTags
  /** Returns whether a line before this one would have fetched tags on a host. */
  willFetch: (host: string) => boolean
}

/** Returns the plan of a deploy: the release that each host serves, and the one that it would. */
export function plannableDeploy({ wanted, resource, ask, bound, willFetch }: Deploy): PlannableChange {
  return {
    resource,
    ask,
    plan(answer, host, expected) {
      const said = readGitAnswer(answer)
      if (said === undefined) return { now: NOT_KNOWN, to: undefined, fails: describeNoGit(answer) }
      const now = byThen(describeServed(said), expected)
      if (said.tagCommit === undefined && willFetch(host)) return { now, to: undefined }
      const has = bound.judge(wanted, said)
      if (!has.passed) return { now, to: undefined, fails: has.seen }
      return planSwitch(now, said, wanted, expected === 'as now')
    },
    affectsOthers: true,
    // The scripts of a deploy may start, stop and restart services.
    invalidates: isService,
  }
}

function planSwitch(now: string, said: GitAnswer, { tag }: NamedTag, isNow: boolean): PlannedState {
  const { commit, tagCommit = '', whole, unchanged, changes } = said
  const to = formatRelease(tag, tagCommit)
  if (!isNow) return { now, to }
  if (commit !== tagCommit)
    return unchanged === false
      ? { now, to, remark: `${describeChanges(changes)}; they would stay behind` }
      : { now, to }
  if (unchanged === false) return { now, to, fails: `would not go: ${now}` }
  // The same commit may have another tag.
  return whole ? { now, to: now } : { now, to }
}
