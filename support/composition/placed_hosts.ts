import type { Rollout } from '../rollout/rollout'
import type { PlacedHost } from '../run/run'

/** Returns the hosts of a rollout in the order of their waves, those of waves to come among them. */
export function placedHosts(rollout: Rollout): PlacedHost[] {
  const { taken, toCome, left } = rollout.waves
  if (taken.length === 0) return (rollout.hosts.known ?? []).map((host) => ({ host, wave: undefined }))
  const inWaves = [...taken, ...toCome].flatMap(({ name, hosts }, index) =>
    hosts.map((host) => ({ host, wave: `${index + 1}: ${name}` })),
  )
  const placed = new Set(inWaves.map(({ host }) => host))
  return [...inWaves, ...left.filter((host) => !placed.has(host)).map((host) => ({ host, wave: undefined }))]
}
