import { foldHosts } from '../rollout/model/fold_hosts'
import type { Rehearsed } from '../run/rehearsed'
import { groupBy } from '../system/groups'

/** Groups the hosts of one rehearsal by their ending; `folded` are the same hosts in ClusterShell's form. */
export function groupByEnding({ hosts }: Rehearsed): { ending: string; hosts: string[]; folded: string[] }[] {
  const alike = groupBy(hosts, ({ ending, unknown }) => (unknown ? `unknown to the run (${ending})` : ending))
  return [...alike].map(([ending, those]) => {
    const names = those.map(({ host }) => host)
    return { ending, hosts: names, folded: foldHosts(names) }
  })
}
