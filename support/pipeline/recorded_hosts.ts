import { foldHostsWithin } from '../rollout/model/fold_hosts'
import { clean } from '../rollout/model/verdict'
import { groupBy } from '../system/groups'

/** Hosts as an event has them. The text has ClusterShell's form, and ends with `…` where not all have room. */
export interface RecordedHosts {
  text: string
  count: number
}

/** The characters of one text of hosts, at most. */
const MAX_TEXT = 4_000
const MAX_REASON = 300
/** The most reasons that stand by themselves. */
const MAX_REASONS = 20

/** Returns hosts in a text of bounded length, the same for the same hosts in any order. */
export function recordHosts(hosts: readonly string[]): RecordedHosts {
  let text = ''
  for (const piece of foldHostsWithin([...hosts].sort(), MAX_TEXT)) {
    const longer = text === '' ? piece.text : `${text},${piece.text}`
    if (longer.length > MAX_TEXT) return { text: `${text},…`, count: hosts.length }
    text = longer
  }
  return { text, count: hosts.length }
}

/** Returns hosts by the reason that each has: those of most hosts, and the rest together. */
export function recordReasons(reasons: ReadonlyMap<string, string>): { why: string; hosts: RecordedHosts }[] {
  const cleaned = [...reasons].map(([host, why]) => ({ host, why: clean(why, MAX_REASON) }))
  const groups = [...groupBy(cleaned, ({ why }) => why)]
    .map(([why, of]) => ({ why, hosts: of.map(({ host }) => host) }))
    .sort((a, b) => b.hosts.length - a.hosts.length || (a.why < b.why ? -1 : 1))
  const rest = groups.splice(groups.length > MAX_REASONS ? MAX_REASONS - 1 : MAX_REASONS)
  const others = rest.flatMap(({ hosts }) => hosts)
  const all = others.length === 0 ? groups : [...groups, { why: 'other reasons', hosts: others }]
  return all.map(({ why, hosts }) => ({ why, hosts: recordHosts(hosts) }))
}
