import { nameHosts } from '../rollout/model/name_hosts'

/** The most hosts of which a removal needs no person, however small the fleet is. */
const ALWAYS = 1

export interface RemovalLimit {
  /** Percent of the monitored hosts of which one look may remove at most so many. */
  maxRemoved: number
  /** The number of hosts that a person has said are removed; undefined where no person has. */
  confirmed: number | undefined
}

/**
 * Returns the reason why hosts are not removed, as a sentence; undefined where they may be. More than the share, or all
 * hosts, is more likely a broken inventory than a fleet that shrank: only a person who names the number can say so.
 */
export function judgeRemoval(
  system: string,
  removed: readonly string[],
  there: number,
  { maxRemoved, confirmed }: RemovalLimit,
): string | undefined {
  if (removed.length === 0) return undefined
  const isAll = removed.length === there && there > 1
  const isMany = removed.length > ALWAYS && removed.length * 100 > there * maxRemoved
  if (!isAll && !isMany) return undefined
  if (confirmed === removed.length) return undefined
  const whom = removed.length === 1 ? '1 host' : `${removed.length} hosts`
  const said = confirmed === undefined ? '' : `; ${confirmed} were confirmed, and that is another number`
  return (
    `${system}: ${whom} of ${there} would be removed (${nameHosts(removed)}), ` +
    `${isAll ? 'which is all of them' : `more than ${maxRemoved} %`}, so nothing was changed${said}; ` +
    `if they are gone, say: lockstep serve --monitoring --removed ${removed.length}`
  )
}
