import { formatDuration } from '../../system/duration'
import type { Tally, Wait } from '../../system/wait'

/** A wait, and when it began, by the clock's `elapsed()`. */
export interface BegunWait {
  wait: Wait
  since: number
}

/**
 * Returns waits as a person reads them, such as `999/1000 · 12 s of 20 s · waits for node00333`. The first wait that has
 * a limit says how long it may take, and the first one that can count its hosts says how far it is: a wait behind another
 * is a part of that one. Empty without waits.
 */
export function formatWaits(waits: readonly BegunWait[], now: number): string {
  const [first] = waits
  if (first === undefined) return ''
  const timed = waits.find(({ wait }) => wait.withinMs !== undefined) ?? first
  const tally = firstTally(waits)
  const missing = tally === undefined ? [] : nameMissing(tally)
  const others = waits.flatMap(({ wait: { what } }) => what ?? [])
  const awaited = [...missing, ...others].join(', ')
  return [
    ...(tally === undefined ? [] : formatTally(tally)),
    formatTime(now - timed.since, timed.wait.withinMs),
    ...(awaited === '' ? [] : [`waits for ${awaited}`]),
  ].join(' · ')
}

/** Formats a time that passes, in whole seconds. */
export function formatTime(elapsedMs: number, withinMs?: number): string {
  const seconds = Math.floor(elapsedMs / 1_000)
  const passed = seconds === 0 ? '0 s' : formatDuration(seconds * 1_000)
  if (withinMs === undefined) return passed
  // What is on its way when the time is over is still read.
  return `${passed}${elapsedMs > withinMs ? ', past' : ' of'} ${formatDuration(withinMs)}`
}

function firstTally(waits: readonly BegunWait[]): Tally | undefined {
  for (const { wait } of waits) {
    const tally = wait.tally?.()
    if (tally !== undefined) return tally
  }
  return undefined
}

/** Returns the counts of a tally. A host that has failed is not done, and is not hidden either. */
function formatTally({ done, failed, expected }: Tally): string[] {
  const counted = expected === undefined ? `${done} ${done === 1 ? 'host' : 'hosts'}` : `${done}/${expected}`
  return failed === 0 ? [counted] : [counted, `${failed} failed`]
}

function nameMissing({ done, failed, expected, someMissing }: Tally): string[] {
  if (expected === undefined) return ['hosts to answer']
  const missing = expected - done - failed
  const unnamed = missing - someMissing.length
  return unnamed > 0 ? [`${someMissing.join(', ')} and ${unnamed} more`] : [...someMissing]
}
