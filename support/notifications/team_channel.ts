import type { Redact } from '../system/redaction'
import type { TeamOptions } from '../system/team_options'
import { DeliveryError, type Channel } from './channel'
import type { RolloutEvent } from './event'
import type { TeamChannelSettings } from './settings'
import { oneLine, summaryOf } from './words'

/** A notification, as a channel of a team gets it. */
export interface Notification extends RolloutEvent {
  /** One text for all tries of a notification. */
  key: string
  /** The event as a sentence. */
  summary: string
}

/** A way that notifications go, written by a team. */
export interface TeamChannel {
  /**
   * Delivers a notification, and stops when `signal` is aborted, after 5 seconds. Throws when it was not taken. An error
   * with `retry: true` is tried again.
   */
  deliver(notification: Notification, signal: AbortSignal): void | Promise<void>
}

/** Makes a channel from what stands below `with` of lockstep.yaml. */
export type MakeChannel = (options: TeamOptions) => TeamChannel

const MAX_REASON = 200

/**
 * Makes a channel that sends by the code of a team. That code is called when there is something to send, with a copy of
 * it; what goes wrong in it is the reason why that was not delivered, and nothing else.
 */
export function teamChannel(
  { name, on, options }: TeamChannelSettings,
  make: MakeChannel,
  redact: Redact,
): Channel {
  let made: TeamChannel | undefined
  return {
    name: `channel ${name}`,
    on,
    async deliver({ key, event }, signal) {
      try {
        made ??= expectChannel(make(options))
        await made.deliver({ ...structuredClone(event), key, summary: summaryOf(event) }, signal)
      } catch (error) {
        throw new DeliveryError(reasonIn(error, redact), mayRetry(error))
      }
    },
  }
}

function expectChannel(made: unknown): TeamChannel {
  if (typeof (made as Partial<TeamChannel> | undefined)?.deliver !== 'function')
    throw new Error('it made no channel; expected an object with a function deliver')
  return made as TeamChannel
}

function reasonIn(error: unknown, redact: Redact): string {
  const said = error instanceof Error ? error.message : error
  return (typeof said === 'string' ? oneLine(redact(said), MAX_REASON) : '') || 'it gave no reason'
}

function mayRetry(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'retry' in error && error.retry === true
}
