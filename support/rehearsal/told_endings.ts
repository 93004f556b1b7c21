import { inRanges } from '../run/host_names'
import type { Rehearsed } from '../run/rehearsed'

/** Groups the hosts of one rehearsal by their ending. */
export function endingsTold({ hosts }: Rehearsed): { ending: string; hosts: string[] }[] {
  const alike = new Map<string, string[]>()
  for (const { host, ending, unknown } of hosts) {
    const said = unknown ? `unknown to the run (${ending})` : ending
    alike.set(said, [...(alike.get(said) ?? []), host])
  }
  return [...alike].map(([ending, names]) => ({ ending, hosts: inRanges(names) }))
}
