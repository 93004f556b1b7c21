import { inRanges } from '../run/host_names'
import type { Rehearsed } from '../run/rehearsed'
import { groupBy } from '../system/groups'

/** Groups the hosts of one rehearsal by their ending. */
export function groupByEnding({ hosts }: Rehearsed): { ending: string; hosts: string[] }[] {
  const alike = groupBy(hosts, ({ ending, unknown }) => (unknown ? `unknown to the run (${ending})` : ending))
  return [...alike].map(([ending, those]) => ({ ending, hosts: inRanges(those.map(({ host }) => host)) }))
}
