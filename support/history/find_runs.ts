import type { HistoryEntry } from './history_record'
import type { FoundModules } from './modules'

/** The runs that are asked for; what is undefined may be anything. */
export interface WantedRuns {
  environment?: string | undefined
  release?: string | undefined
  host?: string | undefined
  ticket?: string | undefined
}

/** Returns the runs that are asked for, the first one first. Of one host, each has the changes and the drift of that host alone. */
export function findRuns(runs: readonly HistoryEntry[], wanted: WantedRuns): HistoryEntry[] {
  const found = runs.filter(
    ({ environment, release, tickets, hosts }) =>
      isOr(environment, wanted.environment) &&
      isOr(release, wanted.release) &&
      (wanted.ticket === undefined || tickets.includes(wanted.ticket)) &&
      (wanted.host === undefined || hosts.includes(wanted.host)),
  )
  const { host: only } = wanted
  const own =
    only === undefined
      ? found
      : found.map((run) => ({
          ...run,
          changes: run.changes.filter(({ host }) => host === only),
          drift: run.drift.filter(({ host }) => host === only),
          ...(run.modules === undefined ? {} : { modules: modulesOf(run.modules, only) }),
        }))
  return own.sort((a, b) => (a.began < b.began ? -1 : 1))
}

function modulesOf(modules: readonly FoundModules[], host: string): FoundModules[] {
  return modules.filter(({ hosts }) => hosts.includes(host)).map((found) => ({ ...found, hosts: [host] }))
}

function isOr(value: string, wanted: string | undefined): boolean {
  return wanted === undefined || value === wanted
}
