import type { Clock } from './clock'

/** Milliseconds without a message before a deadline counts: what is on its way comes in pieces. */
const QUIET_MS = 100
/** Milliseconds by which a timer is late when the process was busy. */
const LATE_MS = 50
/** The most milliseconds by which a deadline is put off: a flood of messages does not stretch it for ever. */
const MAX_OVERTIME_MS = 60_000

/**
 * Calls `over` once `ms` are over and nothing that came within them waits to be read. A process that was busy runs its
 * timers before it reads its sockets, so the sockets have their turn first. A deadline that fires late, or while
 * messages come in, is put off until none does. `lastHeard` returns when the last message was read, by
 * `clock.elapsed()`. Returns what stops the deadline.
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
