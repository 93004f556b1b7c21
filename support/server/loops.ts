import { Bell } from '../pipeline/bell'
import type { PipelineEvent } from '../pipeline/events'
import { pause } from '../system/clock'
import { LockstepError } from '../system/errors'
import type { PartContext } from './part'

/** Milliseconds between two looks into a folder: a look lists it, and it is nearly always empty. */
const LOOK_EVERY_MS = 1_000

/**
 * Looks at once, again when an event of these types is recorded, and when the milliseconds are over that the last look
 * resolved with; until the end.
 */
export async function lookAfterEvents(
  { pipeline, clock, signal }: Pick<PartContext, 'pipeline' | 'clock' | 'signal'>,
  types: readonly PipelineEvent['type'][],
  look: (signal: AbortSignal) => Promise<number | undefined>,
): Promise<void> {
  const bell = new Bell(clock)
  const stop = pipeline.onEvent(({ type }) => {
    if (types.includes(type)) bell.ring()
  })
  try {
    while (!signal.aborted) {
      const rest = await look(signal)
      if (!signal.aborted) await bell.wait(rest, signal)
    }
  } finally {
    stop()
  }
}

/** Looks each second until the end. What a look resolves with is a trouble; it is in the log once, until it changes. */
export async function lookEachSecond(
  { clock, log, redact, signal }: Pick<PartContext, 'clock' | 'log' | 'redact' | 'signal'>,
  look: () => Promise<string | undefined>,
): Promise<void> {
  let said: string | undefined
  while (!signal.aborted) {
    const trouble = await look()
    if (trouble !== undefined && trouble !== said) log.warn(redact(trouble))
    said = trouble
    await pause(clock, LOOK_EVERY_MS, signal).catch(() => {})
  }
}

/**
 * Returns what the file system refused of a work, as a sentence about `what`; undefined where it refused nothing.
 * @throws LockstepError `journal-failed`, and what is a fault of the program
 */
export async function troubleOf(what: string, work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof LockstepError || !('code' in Object(error))) throw error
    return `${what}: ${(error as Error).message}`
  }
}
