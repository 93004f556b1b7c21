import { pause } from '../system/clock'
import type { Part } from './part'

/** Milliseconds between two looks for what is not shared yet. */
const LOOK_EVERY_MS = 30_000

/**
 * Returns the part that shares runs which could not be shared when they ended, and copies those of other control hosts.
 * `share` returns why that is not possible now.
 */
export function historyPart(share: (signal: AbortSignal) => Promise<string | undefined>): Part {
  return {
    name: 'shared history',
    async run({ clock, log, redact, signal }) {
      let said: string | undefined
      while (!signal.aborted) {
        const trouble = await share(signal)
        if (signal.aborted) return
        if (trouble !== undefined && trouble !== said) log.warn(redact(trouble))
        if (trouble === undefined && said !== undefined) log.info('the history is shared again')
        said = trouble
        await pause(clock, LOOK_EVERY_MS, signal).catch(() => {})
      }
    },
  }
}
