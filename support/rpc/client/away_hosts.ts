import type { Clock } from '../../system/clock'
import { eitherOf } from '../../system/either_of'
import { LockstepError } from '../../system/errors'
import type { TellWait } from '../../system/wait'
import type { Tracker } from './tracker'

/**
 * Milliseconds for hosts to find another broker. Ruby's daemon looks for one every half a minute after a while; that of
 * Lockstep does so, too.
 */
const MAX_AWAY_MS = 40_000
/** Milliseconds after which hosts are asked again at first; each time after that takes twice as long. */
const PING_AGAIN_MS = 1_000
const MAX_PING_AGAIN_MS = 4_000
const ASK_AGAIN_MS = 5_000

interface Presence {
  /** The hosts that have answered, of those that were pinged. */
  pongs: Tracker
  /** Resolves once all have answered. */
  completed: Promise<void>
  /** Pings the hosts that have not answered. */
  ping: (signal: AbortSignal) => Promise<void>
  clock: Clock
  tellWait: TellWait
  signal: AbortSignal
}

/**
 * Pings hosts until all of them have answered, or `MAX_AWAY_MS` are over. A request that may be sent only once would be
 * lost on a host between two brokers.
 */
export async function untilHostsAnswer(presence: Presence): Promise<void> {
  const { pongs, completed, ping, clock, tellWait, signal } = presence
  const over = new AbortController()
  const stop = clock.after(MAX_AWAY_MS, () => over.abort())
  const bound = AbortSignal.any([signal, over.signal])
  const wait = { what: 'hosts to be there', withinMs: MAX_AWAY_MS, tally: () => pongs.tally() }
  const endWait = tellWait(wait)
  try {
    for (let ms = PING_AGAIN_MS; pongs.unanswered.length > 0 && !bound.aborted; ms *= 2) {
      await ping(bound)
      let stopPause = () => {}
      const pause = new Promise<void>((resolve) => {
        stopPause = clock.after(Math.min(ms, MAX_PING_AGAIN_MS), resolve)
      })
      await eitherOf(Promise.race([completed, pause]), bound)
      stopPause()
    }
  } catch (error) {
    // There is no broker at the moment. The request waits for one by itself.
    if (!(error instanceof LockstepError) || error.code !== 'broker-lost') throw error
  } finally {
    stop()
    endWait()
  }
}

/**
 * Calls `repeat` after `ASK_AGAIN_MS`, or half the time that hosts have, and then after twice as long each time, until
 * their time is over. Returns what ends it.
 */
export function repeatLater(clock: Clock, within: number, repeat: () => void): () => void {
  let stop = () => {}
  const arm = (elapsed: number, ms: number) => {
    if (elapsed + ms >= within) return
    stop = clock.after(ms, () => {
      repeat()
      arm(elapsed + ms, ms * 2)
    })
  }
  arm(0, Math.min(ASK_AGAIN_MS, within / 2))
  return () => stop()
}
