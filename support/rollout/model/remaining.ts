import type { Wave } from './wave_plan'

/** The hosts of a rollout, by its waves. */
export interface PlacedHosts {
  /** All hosts of the rollout. */
  all: readonly string[]
  /** The waves that have begun, in their order. */
  taken: readonly Wave[]
  /** The waves of the feature's table that are still to come. */
  toCome: readonly Wave[]
}

/** Hosts that are not done, in the order of their waves. */
export interface RemainingHosts {
  hosts: readonly string[]
  /** The number of them in each wave of the feature; undefined when no wave was taken. */
  waves: readonly number[] | undefined
}

/** Returns the hosts of `left` in the order of their waves, those of no wave last. */
export function placeRemaining(
  left: ReadonlySet<string>,
  { all, taken, toCome }: PlacedHosts,
): RemainingHosts {
  if (taken.length === 0) return { hosts: all.filter((host) => left.has(host)), waves: undefined }
  const waves = [...taken, ...toCome].map(({ hosts }) => hosts.filter((host) => left.has(host)))
  const inWaves = new Set(waves.flat())
  const others = all.filter((host) => left.has(host) && !inWaves.has(host))
  return { hosts: [...inWaves, ...others], waves: waves.map(({ length }) => length) }
}

/** Returns the hosts of waves that have begun, the last wave first, and all others at the end. */
export function lastWaveFirst({ all, taken }: PlacedHosts): readonly (readonly string[])[] {
  const waves = taken.map(({ hosts }) => hosts)
  const inWaves = new Set(waves.flat())
  return [...waves.reverse(), all.filter((host) => !inWaves.has(host))]
}
