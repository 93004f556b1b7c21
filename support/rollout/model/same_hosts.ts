import { compareWith } from './compare_with'
import { nameHosts } from './name_hosts'

/**
 * Returns in words how hosts differ from those of before, such as `new: web3; gone: web1`; undefined where they are the
 * same ones in any order. Hosts that are out take no part, so they do not count.
 */
export function describeOtherHosts(
  before: readonly string[],
  now: readonly string[],
  isOut: (host: string) => boolean,
): string | undefined {
  const { missing, strangers } = compareWith(before, now)
  const [gone, added] = [missing, strangers].map((hosts) => hosts.filter((host) => !isOut(host)))
  const parts = [
    ...(added === undefined || added.length === 0 ? [] : [`new: ${nameHosts(added)}`]),
    ...(gone === undefined || gone.length === 0 ? [] : [`gone: ${nameHosts(gone)}`]),
  ]
  return parts.length === 0 ? undefined : parts.join('; ')
}
