import type { Clock } from '../../system/clock'

/** Resolves with the work or as soon as the signal is aborted, and leaves no listener behind. */
export async function eitherOf(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  let abort = () => {}
  const aborted = new Promise<void>((resolve) => (abort = resolve))
  signal.addEventListener('abort', abort, { once: true })
  await Promise.race([work, aborted])
  signal.removeEventListener('abort', abort)
}

/** Resolves after `ms`, or as soon as the signal is aborted. */
export function elapse(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  let stop = () => {}
  const over = new Promise<void>((resolve) => (stop = clock.after(ms, resolve)))
  return eitherOf(over, signal).finally(() => stop())
}
