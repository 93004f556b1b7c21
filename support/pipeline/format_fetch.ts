import { clean } from '../rollout/model/verdict'
import type { FetchAnswers } from './events'
import type { HostsFetch } from './pipeline_state'

/** The most reasons that are shown. */
const SHOWN = 5
const MAX_NAMES = 300
/** The reasons why hosts are asked for a commit no longer. */
const OTHER = 'hosts are to have another commit by now'
const FAILED = 'its tests have failed'
const UNTAGGED = 'the tag is not at it any more'

/** Formats on which hosts of an environment a commit is, by their last answers. Hosts are asked for no commit that has failed. */
export function formatFetch(
  { environment, tag, begunAt, answered, superseded }: HostsFetch,
  { isServed, hasFailed, isFetchable }: { isServed: boolean; hasFailed: boolean; isFetchable: boolean },
): string {
  const isMissing = answered === undefined || answered.missing.length > 0
  const why = hasFailed ? FAILED : superseded ? OTHER : isFetchable ? undefined : UNTAGGED
  const over = why !== undefined && isMissing ? `; no longer asked, since ${why}` : ''
  if (answered !== undefined)
    return `${formatAnswers(environment, answered)} (answered at ${answered.at})${over}`
  const since =
    isServed && why === undefined
      ? `are to fetch ${clean(tag)} since ${begunAt}`
      : `were to fetch ${clean(tag)} from ${begunAt} on`
  return `hosts of ${clean(environment)} ${since}; none is known to have it${over}`
}

/** Formats the answers of hosts, as `on 5 of 6 hosts of test; missing: web3: no answer`. */
export function formatAnswers(environment: string, { has, missing }: FetchAnswers): string {
  const all = missing.reduce((sum, { hosts }) => sum + hosts.count, has.count)
  if (all === 0) return `on no host of ${clean(environment)}: none answered`
  const on = `on ${has.count} of ${all} ${all === 1 ? 'host' : 'hosts'} of ${clean(environment)}`
  return missing.length === 0 ? on : `${on}; missing: ${formatMissing(missing)}`
}

/** Formats which hosts lack a commit, and why. */
export function formatMissing(missing: FetchAnswers['missing']): string {
  const named = missing
    .slice(0, SHOWN)
    .map(({ why, hosts }) => `${clean(hosts.text, MAX_NAMES)}: ${clean(why)}`)
  const left = missing.slice(SHOWN).reduce((sum, { hosts }) => sum + hosts.count, 0)
  return `${named.join('; ')}${left === 0 ? '' : `; and ${left} more`}`
}
