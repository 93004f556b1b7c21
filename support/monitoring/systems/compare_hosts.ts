import type { MonitoredHost } from './target'

/** The difference between what is monitored and what should be, by the names of hosts. */
export interface HostChanges {
  added: readonly string[]
  changed: readonly string[]
  removed: readonly string[]
}

/** Compares the hosts of a monitoring system with those that should be there. The order of classes and checks says nothing. */
export function compareHosts(there: readonly MonitoredHost[], wanted: readonly MonitoredHost[]): HostChanges {
  const before = new Map(there.map((host) => [host.name, host]))
  const after = new Set(wanted.map(({ name }) => name))
  const added: string[] = []
  const changed: string[] = []
  for (const host of wanted) {
    const known = before.get(host.name)
    if (known === undefined) added.push(host.name)
    else if (markOf(known) !== markOf(host)) changed.push(host.name)
  }
  return { added, changed, removed: [...before.keys()].filter((name) => !after.has(name)) }
}

/** Returns a text that two equal definitions have in common. */
export function markOf({ name, address, classes, checks }: MonitoredHost): string {
  return JSON.stringify([name, address, [...new Set(classes)].sort(), [...new Set(checks)].sort()])
}

export function hasChanges({ added, changed, removed }: HostChanges): boolean {
  return added.length + changed.length + removed.length > 0
}
