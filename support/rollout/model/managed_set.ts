import type { JournalEntry } from './journal_entry'
import { appliedRunsIn } from './puppet_history'

/** Resources that the same hosts have under puppet's management. A host manages those of all its shares. */
export interface Share {
  resources: readonly string[]
  hosts: readonly string[]
}

/** The digest of a set that is not known, of a host whose run has ended. */
export const NOT_RECORDED = ''

/**
 * Returns the sets of hosts as shares: each resource once, with those who have it in common. Hosts with one difference
 * cost that difference, and not a whole set.
 */
export function shareOut(sets: readonly Share[]): Share[] {
  const owners = new Map<string, number[]>()
  for (const [index, { resources }] of sets.entries())
    for (const resource of resources) {
      const own = owners.get(resource)
      if (own === undefined) owners.set(resource, [index])
      else own.push(index)
    }
  const shares = new Map<string, { resources: string[]; of: readonly number[] }>()
  for (const [resource, of] of owners) {
    const key = of.join()
    const share = shares.get(key)
    if (share === undefined) shares.set(key, { resources: [resource], of })
    else share.resources.push(resource)
  }
  return [...shares.values()].map(({ resources, of }) => ({
    resources,
    hosts: of.flatMap((index) => sets[index]?.hosts ?? []),
  }))
}

/** Returns the digest of the set that each host's last run of puppet left; `NOT_RECORDED` where it is not known. */
export function lastDigestsIn(entries: readonly JournalEntry[]): Map<string, string> {
  const last = new Map<string, string>()
  for (const entry of entries) {
    if (entry.type !== 'puppet managed') continue
    for (const hosts of Object.values(entry.unknown)) for (const host of hosts) last.set(host, NOT_RECORDED)
    for (const [digest, hosts] of Object.entries(entry.digests))
      for (const host of hosts) last.set(host, digest)
  }
  return last
}

/** Returns the versions of the catalogs that runs of puppet applied; an empty one where that is not known. */
export function appliedVersionsIn(entries: readonly JournalEntry[]): string[] {
  const told = entries.flatMap((entry) =>
    entry.type === 'puppet managed' ? Object.keys(entry.versions) : [],
  )
  const applied = appliedRunsIn(entries).map(({ version = '' }) => version)
  return [...new Set([...told, ...applied])].sort()
}
