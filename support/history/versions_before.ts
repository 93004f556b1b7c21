import { nameHosts } from '../rollout/model/name_hosts'
import { groupBy } from '../system/groups'
import type { Change } from './changes'
import type { HistoryEntry } from './history_record'
import { isForReal, lastingChanges, packageOf, refuseRollback } from './lasting'

/** The versions of a package that is not there. */
const NOT_INSTALLED: ReadonlySet<string> = new Set(['absent', 'purged'])

/**
 * Returns the version of each package that hosts had before a release has changed them. `left` are the runs of the
 * release before.
 * @throws LockstepError `gate-closed` where it is not known, is not one, or is not what the release before had left
 */
export function versionsBefore(
  release: string,
  changes: readonly Change[],
  left: readonly HistoryEntry[],
): Map<string, string> {
  const versions = new Map<string, string>()
  for (const [name, group] of groupBy(firstChanges(changes), (change) => packageOf(change) ?? '')) {
    const version = versionOf(name, release, group)
    if (NOT_INSTALLED.has(version))
      throw refuseRollback(
        `${name} was not installed on ${namesOf(group)} before release ${release}, and no sentence removes a package: do it by hand`,
      )
    expectAsLeft(name, version, group, left)
    versions.set(name, version)
  }
  return versions
}

/** Returns the first change of each package on each host. */
function firstChanges(changes: readonly Change[]): Change[] {
  const firsts = new Map<string, Change>()
  for (const change of changes) {
    const key = `${change.resource} ${change.host}`
    if (packageOf(change) !== undefined && !firsts.has(key)) firsts.set(key, change)
  }
  return [...firsts.values()]
}

function versionOf(name: string, release: string, group: readonly Change[]): string {
  const unknown = group.filter(({ before }) => before === null)
  if (unknown.length > 0)
    throw refuseRollback(
      `the history does not know which version of ${name} was on ${namesOf(unknown)} before release ${release}`,
    )
  const byVersion = groupBy(group, ({ before }) => before ?? '')
  const each = [...byVersion].map(([version, own]) => `${version} on ${namesOf(own)}`)
  if (byVersion.size > 1)
    throw refuseRollback(
      `the hosts had several versions of ${name} before release ${release}: ${each.join('; ')}`,
    )
  return byVersion.keys().next().value ?? ''
}

/** Expects that the release found what the one before had left: else others have changed the hosts in between. */
function expectAsLeft(
  name: string,
  version: string,
  group: readonly Change[],
  left: readonly HistoryEntry[],
): void {
  const made = left.filter(isForReal).flatMap(lastingChanges)
  const odd = group.flatMap(({ host }) => {
    const last = made.findLast(
      (change) => change.host === host && packageOf(change) === name && change.after !== null,
    )
    return last === undefined || last.after === version ? [] : [last]
  })
  const [first] = odd
  if (first === undefined) return
  throw refuseRollback(
    `the release before had left ${name} ${first.after ?? ''} on ${namesOf(odd)}, and ${version} was found there later: other means have changed it in between`,
  )
}

function namesOf(changes: readonly Change[]): string {
  return nameHosts(changes.map(({ host }) => host))
}
