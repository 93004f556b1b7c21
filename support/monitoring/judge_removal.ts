import { nameHosts } from '../rollout/model/name_hosts'

/** The most hosts of which a removal needs no person, however small the fleet is. */
const ALWAYS = 1

export interface RemovalLimit {
  /** Percent of the monitored hosts that may leave by themselves within a day. */
  maxRemoved: number
  /** The number of hosts that a person has said are removed; undefined where no person has. */
  confirmed: number | undefined
  /** The number of hosts that have left by themselves within a day, and are not there any more. */
  recent: number
}

/**
 * Returns the reason why hosts are not removed, as a sentence; undefined where they may be. More than the share, or all
 * hosts, is more likely a broken inventory than a fleet that shrank: only a person who names the number can say so. What has
 * left within a day counts too, or an inventory that loses a host at every look would empty monitoring.
 */
export function judgeRemoval(
  system: string,
  removed: readonly string[],
  there: number,
  { maxRemoved, confirmed, recent }: RemovalLimit,
): string | undefined {
  if (removed.length === 0) return undefined
  const [gone, all] = [removed.length + recent, there + recent]
  const isAll = gone === all && all > 1
  const isMany = gone > ALWAYS && gone * 100 > all * maxRemoved
  if (!isAll && !isMany) return undefined
  if (confirmed === removed.length) return undefined
  const whom = removed.length === 1 ? '1 host' : `${removed.length} hosts`
  const before = recent === 0 ? '' : ` with the ${recent} that left within a day`
  const said = confirmed === undefined ? '' : `; ${confirmed} were confirmed, and that is another number`
  return (
    `${system}: ${whom} of ${there} would be removed (${nameHosts(removed)}), ` +
    `${isAll ? 'which is all of them' : `more than ${maxRemoved} %`}${before}, so nothing was changed${said}; ` +
    `if they are gone, say: lockstep serve --monitoring --removed ${removed.length}`
  )
}
