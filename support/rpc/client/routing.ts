/** Bytes of a request without the list of hosts that it is for. */
const ENVELOPE = 700
/** A broker's work with one more frame, in bytes copied. */
const FRAME = 2_000

/**
 * Returns whether one broadcast that lists its hosts is cheaper than a message to each.
 * Every host receives the broadcast with its whole list, so the list weighs as often as there are hosts. A message to
 * one host weighs `scan` for every host whose subscription the broker has to look at.
 */
export function broadcastIsCheaper(hosts: readonly string[], scan: number): boolean {
  const list = hosts.reduce((bytes, host) => bytes + host.length + 8, 0)
  const broadcast = FRAME + hosts.length * (ENVELOPE + list)
  const direct = hosts.length * (FRAME + ENVELOPE + hosts.length * scan)
  return broadcast < direct
}
