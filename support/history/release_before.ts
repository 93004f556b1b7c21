import { nameHosts } from '../rollout/model/name_hosts'
import { LockstepError } from '../system/errors'
import { groupBy } from '../system/groups'
import { excerpt } from '../system/redaction'
import { UNRELEASED, type HistoryEntry } from './history_record'
import { isForReal, lastingChanges, refuseRollback } from './lasting'
import { originOf } from './origin'
import { standingOf } from './standing'

/**
 * Returns the run by which the release before came to hosts. `before` are the runs that ended before `release` began,
 * oldest first. `feature` is the one by which `release` came: it decides among several features of the release before.
 * @throws LockstepError `gate-closed` where there is no such run, or not one for all of the hosts
 */
export function runBefore(
  release: string,
  hosts: readonly string[],
  before: readonly HistoryEntry[],
  feature: string,
): HistoryEntry {
  const name = releaseBefore(release, hosts, before)
  const originals = groupBy(originalRuns(name, hosts, before), (run) => run.feature)
  const [only, ...more] = [...originals.keys()]
  if (more.length > 0 && !originals.has(feature))
    throw refuseRollback(
      `release ${name} came to these hosts by several features, none of which is ${feature}: ${[only, ...more].join(', ')}; go back by hand, or on by a new release`,
    )
  const found = (originals.get(feature) ?? originals.get(only ?? ''))?.at(-1)
  if (found === undefined)
    throw refuseRollback(`no run of release ${name} is in the history whose feature could be run again`)
  const others = hosts.filter((host) => !found.hosts.includes(host))
  if (others.length > 0)
    throw refuseRollback(
      `run ${found.run} of ${found.feature}, by which release ${name} came, was not for ${nameHosts(others)}`,
    )
  return found
}

/** Returns the whole runs of a release on any of these hosts; a recovery feature has only what was left. */
function originalRuns(
  release: string,
  hosts: readonly string[],
  before: readonly HistoryEntry[],
): HistoryEntry[] {
  const all = before.filter((run) => run.release === release)
  return all.filter(
    (run) =>
      isForReal(run) &&
      run.leftOut === undefined &&
      originOf(run, all) === run.feature &&
      run.hosts.some((host) => hosts.includes(host)),
  )
}

/** Returns the one release that all hosts had before. */
function releaseBefore(release: string, hosts: readonly string[], before: readonly HistoryEntry[]): string {
  const last = hosts.map((host) => ({ host, run: lastRunOn(host, before) }))
  const groups = groupBy(last, ({ run }) => run?.release ?? '')
  const unknown = groups.get('')
  if (unknown !== undefined)
    throw refuseRollback(
      `release ${release} is the first one on ${namesOf(unknown)} that the history knows: nothing says what was there before`,
    )
  const odd = groups.get(UNRELEASED)
  if (odd !== undefined)
    throw refuseRollback(
      `${namesOf(odd)}: the last run before release ${release}, ${odd[0]?.run?.run ?? ''} of ${odd[0]?.run?.feature ?? ''}, has no release, and has changed what a release had left`,
    )
  const [name = ''] = groups.keys()
  if (groups.size > 1) {
    const each = [...groups].map(([from, group]) => `${namesOf(group)} from ${from}`)
    throw refuseRollback(
      `the hosts of release ${release} come from several releases: ${each.join('; ')}; one feature cannot go back to all of them: bring the hosts together by a new release`,
    )
  }
  const standing = standingOf(
    before.filter((run) => run.release === name),
    'live',
    new Set(hosts),
  )
  if (!standing.passed)
    throw refuseRollback(
      `the release before was ${name}, and it did not pass here: ${standing.why}; what it had left is not known to be well`,
    )
  return name
}

/** Returns the last run that brought a release to a host, or changed it outside of any release. */
function lastRunOn(host: string, before: readonly HistoryEntry[]): HistoryEntry | undefined {
  return before.findLast(
    (run) =>
      isForReal(run) &&
      run.hosts.includes(host) &&
      (run.release !== UNRELEASED || lastingChanges(run).some((change) => change.host === host)),
  )
}

function namesOf(group: readonly { host: string }[]): string {
  return nameHosts(group.map(({ host }) => host))
}

/** Returns the error for a release that the history of an environment does not have. */
export function unknownRelease(release: string, runs: readonly HistoryEntry[]): LockstepError {
  const known = [...new Set(runs.map((run) => run.release))].filter((name) => name !== UNRELEASED)
  const last = known.slice(-MAX_SHOWN).reverse().join(', ')
  return new LockstepError(
    'bad-input',
    `there is no release ${JSON.stringify(excerpt(release, 80))} in the history of this environment; ${known.length === 0 ? 'it has none' : `the last ones are: ${last}`}`,
  )
}

const MAX_SHOWN = 5
