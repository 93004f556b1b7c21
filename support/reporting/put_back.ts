import { clean, hosts as counted, type Observation } from '../rollout/model/verdict'
import { foldHosts } from '../rollout/model/fold_hosts'
import { nameHosts } from '../rollout/model/name_hosts'
import { groupBy } from '../system/groups'

/** The outcome of putting hosts back. */
export interface PutBack {
  /** The attempts at each obligation, in order. */
  obligations: readonly ClosedObligation[]
  /** The reasons why not all hosts that are out are known; empty where all journals can be read. */
  notKnown: readonly string[]
  /** True where the operator asked to stop meanwhile. */
  wasStopped?: boolean
}

export interface ClosedObligation {
  obligation: string
  hosts: readonly string[]
  /** The state seen of each host, or the reason why none was seen. */
  outcome: readonly Observation[] | string
}

const MAX_REASON = 2_000

/** Returns the hosts that are still out of rotation for some obligation, once for each. */
export function stillOut({ obligations }: PutBack): string[] {
  return obligations.flatMap(({ hosts, outcome }) =>
    typeof outcome === 'string' ? hosts : outcome.filter(({ passed }) => !passed).map(({ host }) => host),
  )
}

/** Returns whether hosts are back: none is seen out, and no journal that cannot be read may name another. */
export function areBack(done: PutBack): boolean {
  return stillOut(done).length === 0 && done.notKnown.length === 0
}

/** Returns, in lines for a person, what came of putting hosts back. */
export function formatPutBack(done: PutBack): string {
  const unknown = done.notKnown.map((fault) => `Not everything is known: ${fault}.\n`).join('')
  if (done.obligations.length === 0) return `${unknown}Nothing that was named is out of rotation.\n`
  const left = stillOut(done)
  const all = new Set(done.obligations.flatMap(({ hosts }) => hosts))
  const late = done.wasStopped === true ? '; the wish to stop came when nothing was left to do' : ''
  const end =
    left.length === 0
      ? `Put back: ${counted(all.size)}${late}`
      : `Still out of rotation: ${counted(new Set(left).size)}`
  return `${unknown}${[...done.obligations.flatMap(linesOf), end].join('\n')}\n`
}

function linesOf({ obligation, hosts, outcome }: ClosedObligation): string[] {
  if (typeof outcome === 'string') return [obligation, `  ✘ ${nameAll(hosts)}  ${clean(outcome, MAX_REASON)}`]
  const [back, out] = [outcome.filter(({ passed }) => passed), outcome.filter(({ passed }) => !passed)]
  return [
    obligation,
    ...groupsOf(back).map(([seen, those]) => `  ✔ ${nameHosts(those)}  ${seen}`),
    ...groupsOf(out).map(([seen, those]) => `  ✘ ${nameAll(those)}  ${seen}`),
  ]
}

/**
 * Returns the hosts by what was seen of them, so that they share a line: one that is still out would drown among a
 * thousand that are back.
 */
function groupsOf(observations: readonly Observation[]): [string, string[]][] {
  const groups = groupBy(observations, ({ seen }) => clean(seen))
  return [...groups].map(([seen, those]) => [seen, those.map(({ host }) => host)])
}

function nameAll(hosts: readonly string[]): string {
  return foldHosts(hosts).join(', ')
}
