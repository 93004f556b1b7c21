import type { Clock } from './clock'

/** Nothing may have been heard for this long before a deadline counts, ms: what is on its way comes in pieces. */
const QUIET_MS = 100
/** A timer that is later than this shows that the process was busy, ms. */
const LATE_MS = 50
/** The most by which a deadline is put off, ms: a flood of messages does not stretch it for ever. */
const MAX_OVERTIME_MS = 60_000

/**
 * Calls `over` once `ms` are over and nothing that came within them waits to be read. A process that was busy runs its
 * timers before it reads its sockets: so the sockets have their turn first, and a deadline that fires late, or while
 * messages are being heard, is put off until it is quiet. `lastHeard` is when the last message was read, by `clock.elapsed()`.
 * Returns what stops it.
 */
export function startDeadline(
  clock: Clock,
  ms: number,
  lastHeard: () => number,
  over: () => void,
): () => void {
  const latest = clock.elapsed() + ms + MAX_OVERTIME_MS
  let stopTimer = () => {}
  let stopped = false
  const arm = (delay: number) => {
    const due = clock.elapsed() + delay
    stopTimer = clock.after(delay, () => {
      const wasBusy = clock.elapsed() - due > LATE_MS
      // Node reads sockets between its timers and its immediates.
      setImmediate(() => {
        if (stopped) return
        const now = clock.elapsed()
        const isQuiet = !wasBusy && now - lastHeard() >= QUIET_MS
        if (isQuiet || now >= latest) return over()
        arm(QUIET_MS)
      })
    })
  }
  arm(ms)
  return () => {
    stopped = true
    stopTimer()
  }
}
