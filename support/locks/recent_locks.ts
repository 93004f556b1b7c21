import type { Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import type { Holder, LockStore } from './lock_store'

const RECENT_MS = 2_000
/** The most milliseconds that a page waits for a database. */
const WAIT_MS = 3_000

/**
 * Returns what lists locks for those who look again and again: all of them are told by one question to the database.
 * @throws LockstepError `lock-failed`
 */
export function recentLocks(locks: Pick<LockStore, 'list'>, clock: Clock): () => Promise<readonly Holder[]> {
  let last: { askedAt: number; isOver: boolean; holders: Promise<readonly Holder[]> } | undefined
  return () => {
    if (last === undefined || (last.isOver && clock.elapsed() - last.askedAt >= RECENT_MS)) {
      const asked = { askedAt: clock.elapsed(), isOver: false, holders: locks.list() }
      const end = () => void (asked.isOver = true)
      asked.holders.then(end, end)
      last = asked
    }
    return within(last.holders, clock)
  }
}

function within<T>(work: Promise<T>, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = clock.after(WAIT_MS, () =>
      reject(new LockstepError('lock-failed', `the shared locks did not answer within ${WAIT_MS / 1_000} s`)),
    )
    work.finally(stop).then(resolve, reject)
  })
}
