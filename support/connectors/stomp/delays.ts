/** How long to wait before the next attempt, ms, after so many that failed in a row. `random` is from 0 up to 1. */
export type Delays = (failures: number, random: number) => number

/** For one that somebody is waiting for: soon, and never more than a few seconds apart. */
export const impatient: Delays = (failures, random) => capped(100, failures, 5_000) * (0.5 + random / 2)

/** A broker that is back within a minute has its hosts back within seconds, and each at another moment; later they take their time. */
const OFTEN = 30

/** For one of many that have lost the same broker. */
export const oneOfMany: Delays = (failures, random) => {
  const longest = failures < OFTEN ? capped(500, failures, 4_000) : 30_000
  return 100 + random * (longest - 100)
}

function capped(first: number, failures: number, longest: number): number {
  return Math.min(first * 2 ** Math.min(failures, 20), longest)
}

/** How one that has lost its broker goes about coming back. */
export interface Reconnecting {
  delays: Delays
  /** After each pause: the next broker of the pool, or each of them once. */
  tries: 'next broker' | 'whole pool'
  whenRefused: 'give up' | 'go on'
}

/** Somebody is waiting, and wants to be told that a password is wrong. */
export const asClient: Reconnecting = {
  delays: impatient,
  tries: 'next broker',
  whenRefused: 'give up',
}

/** Nobody is there to start it again: a broker that refuses while it starts, or until its users are put right, is asked again. */
export const asHost: Reconnecting = { delays: oneOfMany, tries: 'whole pool', whenRefused: 'go on' }
