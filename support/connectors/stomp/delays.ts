/**
 * Returns the milliseconds to wait before the next attempt, after so many failures in a row. `random` is from 0 up to
 * 1.
 */
export type Delays = (failures: number, random: number) => number

/** Delays while a user waits: soon, and never more than a few seconds apart. */
export const impatient: Delays = (failures, random) => capDelay(100, failures, 5_000) * (0.5 + random / 2)

/**
 * The failures in a row with short delays. A broker that is back within a minute has its hosts back within seconds,
 * each at another moment. After more failures hosts wait longer.
 */
const OFTEN = 30

/** Delays of one of many clients that have lost the same broker. */
export const oneOfMany: Delays = (failures, random) => {
  const longest = failures < OFTEN ? capDelay(500, failures, 4_000) : 30_000
  return 100 + random * (longest - 100)
}

function capDelay(first: number, failures: number, longest: number): number {
  return Math.min(first * 2 ** Math.min(failures, 20), longest)
}

/** The way in which a client that has lost its broker comes back. */
export interface Reconnecting {
  delays: Delays
  /** The tries after each pause: the next broker of the pool, or each of them once. */
  tries: 'next broker' | 'whole pool'
  whenRefused: 'give up' | 'go on'
}

/** The way of a client whose user waits, and wants to be told that a password is wrong. */
export const asClient: Reconnecting = {
  delays: impatient,
  tries: 'next broker',
  whenRefused: 'give up',
}

/**
 * The way of a host, which no one starts again. A broker that refuses while it starts, or until its users are put
 * right, is asked again.
 */
export const asHost: Reconnecting = { delays: oneOfMany, tries: 'whole pool', whenRefused: 'go on' }
