import { nameHosts } from '../rollout/model/name_hosts'
import { LockstepError } from '../system/errors'
import { excerpt } from '../system/redaction'
import type { Change } from './changes'
import { UNRELEASED, type HistoryEntry } from './history_record'
import { isForReal, lastingChanges, nameRelease, packageOf, refuseRollback } from './lasting'
import { originOf } from './origin'
import { runBefore, unknownRelease } from './release_before'
import { versionsBefore } from './versions_before'

/** The state that a release is rolled back to: the run of the release before, and what its hosts had then. */
export interface Rollback {
  /** The run of the release before whose feature is run again. */
  to: HistoryEntry
  /** The hosts that the release has changed. */
  hosts: readonly string[]
  /** The hosts that the release was for, and has not changed: they stay as they are. */
  unchanged: readonly string[]
  /** The version of each package that the hosts had when the release came. */
  versions: ReadonlyMap<string, string>
  /** The other changes of the release, which may not be undone by the feature of the release before. */
  others: readonly string[]
}

/**
 * Finds the release before another one, on the hosts that this one has changed. `runs` are all runs of one environment,
 * oldest first. `feature` is one of the features of the release that is rolled back, where it has several.
 * @throws LockstepError `bad-input` for a release or feature that is not known, `gate-closed` where the history does not
 * know for sure what was there before
 */
export function findRollback(
  release: string,
  runs: readonly HistoryEntry[],
  feature: string | undefined,
): Rollback {
  const all = runsThatChanged(release, runs)
  const path = featureOf(release, all, feature)
  const own = all.filter((run) => originOf(run, all) === path)
  const changes = own.flatMap(lastingChanges)
  const hosts = [...new Set(changes.map(({ host }) => host))]
  expectLast(release, all, own, hosts, runs)
  const began = own[0]?.began ?? ''
  const before = runs.filter((run) => run.ended <= began && run.release !== release)
  const to = runBefore(release, hosts, before, path)
  const changed = new Set(hosts)
  return {
    to,
    hosts,
    unchanged: [...new Set(own.flatMap((run) => run.hosts))].filter((host) => !changed.has(host)),
    versions: versionsBefore(
      release,
      changes,
      before.filter((run) => run.release === to.release),
    ),
    others: otherChanges(changes),
  }
}

/** Returns the live runs of a release that may have changed hosts. */
function runsThatChanged(release: string, runs: readonly HistoryEntry[]): HistoryEntry[] {
  const all = runs.filter((run) => run.release === release)
  if (all.length === 0 || release === UNRELEASED) throw unknownRelease(release, runs)
  const own = all.filter(isForReal)
  if (own.length === 0)
    throw refuseRollback(
      `release ${release} was never rolled out here: its runs were in safe mode, or were refused, and changed nothing`,
    )
  if (own.every((run) => lastingChanges(run).length === 0))
    throw refuseRollback(
      `release ${release} has changed no host here, by its runs: there is nothing to go back from`,
    )
  return own
}

/** Returns the feature by which a release has changed hosts. */
function featureOf(release: string, own: readonly HistoryEntry[], asked: string | undefined): string {
  const changing = own.filter((run) => lastingChanges(run).length > 0)
  const features = [...new Set(changing.map((run) => originOf(run, own)))]
  if (asked !== undefined && !features.includes(asked))
    throw new LockstepError(
      'bad-input',
      `release ${release} has changed nothing by a feature ${JSON.stringify(excerpt(asked, 80))}; it has by: ${features.join(', ')}`,
    )
  if (asked === undefined && features.length > 1)
    throw new LockstepError(
      'bad-input',
      `release ${release} has changed hosts by several features: ${features.join(', ')}; write them one by one, with --feature <feature>`,
    )
  return asked ?? features[0] ?? ''
}

/** Expects that nothing else has changed the hosts since: going back would undo that as well. */
function expectLast(
  release: string,
  all: readonly HistoryEntry[],
  own: readonly HistoryEntry[],
  hosts: readonly string[],
  runs: readonly HistoryEntry[],
): void {
  const began = own[0]?.began ?? ''
  const others = runs.filter(
    (run) => isForReal(run) && !own.includes(run) && run.ended > began && lastingChanges(run).length > 0,
  )
  for (const run of others) {
    const changed = new Set(lastingChanges(run).map(({ host }) => host))
    const touched = hosts.filter((host) => changed.has(host))
    if (touched.length === 0) continue
    const by = all.includes(run) ? `its feature ${run.feature}` : nameRelease(run)
    throw refuseRollback(
      `${nameHosts(touched)} ${touched.length === 1 ? 'was' : 'were'} changed by run ${run.run} of ${by} after release ${release} had begun, and going back would undo that too`,
    )
  }
}

function otherChanges(changes: readonly Change[]): string[] {
  return [...new Set(changes.filter((change) => packageOf(change) === undefined).map(({ what }) => what))]
}
