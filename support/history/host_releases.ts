import { UNRELEASED, type HistoryEntry } from './history_record'
import { isForReal, lastingChanges } from './lasting'

/** The release that a host had last, by the history alone. */
export interface HostRelease {
  host: string
  environment: string
  /** `unreleased` where a run of no release changed the host after all others. */
  release: string
  /** The run that brought it, and the moment when that run ended. */
  run: string
  feature: string
  since: string
  /**
   * `had`: a run has brought the host to the end of the release. `unfinished`: a run told the host to change, and did not bring it to
   * its end. `went back`: a run told it to go back to the version before.
   */
  standing: 'had' | 'unfinished' | 'went back'
}

/** Returns the release that each host of each environment had last. `runs` are oldest first, as the history returns them. */
export function hostReleases(runs: readonly HistoryEntry[]): HostRelease[] {
  const found = new Map<string, HostRelease>()
  for (const run of runs) {
    if (!isForReal(run)) continue
    const changed = new Set(lastingChanges(run).map(({ host }) => host))
    const [notDone, restored] = [new Set(run.notDone), new Set(run.restored)]
    for (const host of run.hosts) {
      // A host that a run stopped before has what it had; one outside of any release is only news where it was changed.
      const isTouched = changed.has(host)
      if ((notDone.has(host) || run.release === UNRELEASED) && !isTouched && !restored.has(host)) continue
      const standing = restored.has(host) ? 'went back' : notDone.has(host) ? 'unfinished' : 'had'
      const { environment, release, run: id, feature, ended } = run
      found.set(keyOfHost(environment, host), {
        host,
        environment,
        release,
        run: id,
        feature,
        since: ended,
        standing,
      })
    }
  }
  return [...found.values()]
}

/** The last time that the history knows a host to have taken part in a run, in its environment. */
export interface HostSeen {
  host: string
  environment: string
  release: string
  run: string
  at: string
}

/** Returns when each host was last in the roll call of a run, live or in safe mode; a run that was refused counts too. */
export function hostsLastInRuns(runs: readonly HistoryEntry[]): HostSeen[] {
  const found = new Map<string, HostSeen>()
  for (const { environment, release, run, ended, hosts, outside = [] } of runs)
    for (const host of [...hosts, ...outside])
      found.set(keyOfHost(environment, host), { host, environment, release, run, at: ended })
  return [...found.values()]
}

/** Returns the version of each package that a run has seen last on each host. */
export function lastVersions(runs: readonly HistoryEntry[]): Map<string, Map<string, SeenVersion>> {
  const found = new Map<string, Map<string, SeenVersion>>()
  for (const run of runs) {
    if (!isForReal(run)) continue
    for (const { host, resource, after, outcome } of lastingChanges(run)) {
      const key = keyOfHost(run.environment, host)
      const own = found.get(key) ?? new Map<string, SeenVersion>()
      found.set(key, own)
      if (after !== null) own.set(resource, { version: after, run: run.run, at: run.ended })
      // A change without a state afterwards leaves the state unknown.
      else if (outcome !== 'done' || own.has(resource)) own.delete(resource)
    }
  }
  return found
}

export interface SeenVersion {
  version: string
  run: string
  at: string
}

/** Returns the last state that the runs of a release left of each resource, with the hosts that have it. */
export function statesLeftBy(runs: readonly HistoryEntry[]): Map<string, Map<string, string[]>> {
  const last = new Map<string, { resource: string; state: string; host: string }>()
  for (const run of runs) {
    if (!isForReal(run)) continue
    for (const { host, resource, after, what } of lastingChanges(run))
      last.set(`${resource}\0${host}`, { resource, state: after ?? what, host })
  }
  const found = new Map<string, Map<string, string[]>>()
  for (const { resource, state, host } of last.values()) {
    const states = found.get(resource) ?? new Map<string, string[]>()
    found.set(resource, states)
    const hosts = states.get(state) ?? []
    states.set(state, hosts)
    hosts.push(host)
  }
  return found
}

/** Returns the key of a host: two environments may have hosts of one name. */
export function keyOfHost(environment: string, host: string): string {
  return `${environment}\0${host}`
}
