import { isOfRelease } from '../rollout/model/code_version'
import type { JournalEntry } from '../rollout/model/journal_entry'
import { appliedRunsIn, type AppliedRun } from '../rollout/model/puppet_history'
import type { ManagedBefore } from '../rollout/ports'
import { readRunJournal } from '../run/journals'
import type { HistoryEntry } from './history_record'
import type { KnownHistory } from './known_history'

type Managed = Extract<JournalEntry, { type: 'puppet managed' }>

/**
 * Returns what a release managed on hosts, by the runs of puppet in an environment. A run belongs to the release that the
 * version of its catalog names. Where that is no name but a time, it belongs to the release of its rollout.
 */
export function managedBefore(
  known: Pick<KnownHistory, 'all' | 'evidenceOf' | 'notKnown'>,
  environment: string,
  release: string,
): ManagedBefore | { not: string } {
  const { runs, damaged } = known.all()
  if (known.notKnown !== undefined) return { not: known.notKnown }
  const [odd] = damaged
  if (odd !== undefined) return { not: `${odd} is no history that can be read` }
  const own = runs.filter((run) => run.environment === environment && versionsOf(run, release).length > 0)
  if (own.length === 0) return { not: `the history has no run of puppet in ${environment} that applied it` }
  const shares = new Map<string, (readonly string[])[]>()
  const ofRelease = new RunsOfRelease()
  for (const run of own) {
    const { journal } = known.evidenceOf(run)
    const entries = readEntries(journal)
    if (entries === undefined) return { not: `the journal of run ${run.run} cannot be read: ${journal}` }
    const wanted = new Set(versionsOf(run, release))
    for (const entry of entries) if (entry.type === 'puppet managed') addShares(shares, entry, wanted)
    ofRelease.add(run.run, entries, wanted)
  }
  return {
    of(host) {
      const own = shares.get(host)
      const untold = ofRelease.untoldOn(host)
      if (untold !== undefined) return { not: untold }
      return own === undefined ? undefined : new Set(own.flat())
    },
  }
}

/** The runs of puppet that applied a release, and those of which nothing tells what they managed. */
class RunsOfRelease {
  /** The versions that the catalogs of the release had, and those of each host. */
  private readonly versions = new Set<string>()
  private readonly told = new Map<string, Set<string>>()
  private readonly toldRuns = new Set<string>()
  private readonly applied: (AppliedRun & { by: string })[] = []

  add(by: string, entries: readonly JournalEntry[], wanted: ReadonlySet<string>): void {
    for (const entry of entries) {
      if (entry.type !== 'puppet managed') continue
      for (const [version, hosts] of Object.entries(entry.versions))
        for (const host of hosts) {
          this.toldRuns.add(`${entry.run} ${host}`)
          if (!wanted.has(version)) continue
          this.versions.add(version)
          this.told.set(host, (this.told.get(host) ?? new Set()).add(version))
        }
    }
    for (const each of appliedRunsIn(entries)) {
      if (!wanted.has(each.version ?? '')) continue
      if (each.version !== undefined) this.versions.add(each.version)
      this.applied.push({ ...each, by })
    }
  }

  /**
   * Returns why it is not known what one of the runs managed on a host. A run that told nothing is as good as told where
   * the host told of the same version: that of its report, or the one that the release has always had.
   */
  untoldOn(host: string): string | undefined {
    const told = this.told.get(host) ?? new Set()
    const [only] = this.versions.size === 1 ? this.versions : []
    const untold = this.applied.find(({ run, host: own, version = only }) => {
      if (own !== host || this.toldRuns.has(`${run} ${host}`)) return false
      return version === undefined || NO_NAME.test(version) || !told.has(version)
    })
    return untold && `run ${untold.by} ordered puppet on it, and what that managed was not told`
  }
}

/** Adds what an entry tells of the hosts whose catalogs had one of some versions. */
function addShares(
  shares: Map<string, (readonly string[])[]>,
  { versions, shares: told }: Managed,
  wanted: ReadonlySet<string>,
): void {
  const hosts = new Set(
    Object.entries(versions).flatMap(([version, own]) => (wanted.has(version) ? own : [])),
  )
  for (const host of hosts) if (!shares.has(host)) shares.set(host, [])
  for (const { resources, hosts: own } of told)
    for (const host of own) if (hosts.has(host)) shares.get(host)?.push(resources)
}

/** The resources that earlier releases managed on the hosts of one. */
export interface ManagedEarlier {
  /** The last run that tells what puppet manages for the release. */
  run: HistoryEntry
  hosts: readonly string[]
  /** Returns the resources by host, each with the last version of puppet's code that managed it. */
  of(host: string): ReadonlyMap<string, string>
  /** The resources that a line of the release allows to remain. */
  mayRemain: ReadonlySet<string>
}

/** The most runs that are read for what puppet managed before. */
const MAX_RUNS = 20

/**
 * Returns what puppet managed on the hosts of a release before it. Undefined where no run of it has told what puppet
 * manages, or none before it has.
 */
export function managedEarlier(
  known: Pick<KnownHistory, 'all' | 'evidenceOf'>,
  environment: string,
  release: string,
): ManagedEarlier | { not: string } | undefined {
  const all = known.all().runs.filter((run) => run.environment === environment && run.managed !== undefined)
  const last = all.findLastIndex((run) => versionsOf(run, release).length > 0)
  const run = all[last]
  if (run === undefined) return undefined
  const hosts = new Set<string>()
  const mayRemain = new Set<string>()
  const shares = new Map<string, { resources: readonly string[]; version: string }[]>()
  for (const each of all.slice(Math.max(0, last + 1 - MAX_RUNS), last + 1)) {
    const { journal } = known.evidenceOf(each)
    const entries = readEntries(journal)
    if (entries === undefined) return { not: `the journal of run ${each.run} cannot be read: ${journal}` }
    const wanted = new Set(versionsOf(each, release))
    // The host itself tells what its puppet manages now.
    for (const { host, version } of appliedRunsIn(entries))
      if (version !== undefined && wanted.has(version)) hosts.add(host)
    for (const entry of entries) {
      if (entry.type === 'may remain') {
        if (wanted.size > 0) for (const resource of entry.resources) mayRemain.add(resource)
        continue
      }
      if (entry.type !== 'puppet managed') continue
      for (const [version, own] of Object.entries(entry.versions)) {
        if (wanted.has(version)) for (const host of own) hosts.add(host)
        else addVersion(shares, entry, version, new Set(own))
      }
    }
  }
  const told = [...hosts].filter((host) => shares.has(host))
  if (told.length === 0) return undefined
  return {
    run,
    hosts: told,
    mayRemain,
    of: (host) =>
      new Map(
        (shares.get(host) ?? []).flatMap(({ resources, version }) =>
          resources.map((resource) => [resource, version] as const),
        ),
      ),
  }
}

function addVersion(
  shares: Map<string, { resources: readonly string[]; version: string }[]>,
  { shares: told }: Managed,
  version: string,
  hosts: ReadonlySet<string>,
): void {
  for (const { resources, hosts: own } of told)
    for (const host of own) {
      if (!hosts.has(host)) continue
      const list = shares.get(host) ?? []
      shares.set(host, list)
      list.push({ resources, version })
    }
}

/** Returns the versions of a run's catalogs that are of a release. */
function versionsOf({ managed = [], release: own }: HistoryEntry, release: string): string[] {
  return managed.filter((version) =>
    NO_NAME.test(version) ? own === release : isOfRelease(version, release),
  )
}

/** A version without a name: puppet takes the time of the compilation where the code gives none. */
const NO_NAME = /^\d*$/

function readEntries(journal: string): JournalEntry[] | undefined {
  try {
    const { entries, fault } = readRunJournal(journal)
    // A last line that was cut off was never acted on.
    return fault !== undefined && fault.kind !== 'cut off' ? undefined : entries
  } catch {
    return undefined
  }
}
