import { Bell } from './bell'
import type { JournalEvent, JournalPlace, EventCursor } from './event_cursor'
import { pause, type Clock } from '../system/clock'
import { LockstepError } from '../system/errors'

/** Milliseconds until journals that could not be read are tried again. */
const READ_AGAIN_AFTER_MS = 5_000
/** Milliseconds until an event that was not confirmed is published again, once there is a broker. */
const PUBLISH_AGAIN_AFTER_MS = 1_000

export interface OutboxParts {
  /** The place up to which all is confirmed. */
  from: JournalPlace
  /** Opens the events behind a place. */
  open(from: JournalPlace): Pick<EventCursor, 'next' | 'close'>
  /**
   * Publishes an event; resolves once a broker has confirmed it. It waits for as long as there is no broker.
   * @throws Error when nobody knows whether a broker has it
   */
  publish(event: JournalEvent, signal: AbortSignal): Promise<void>
  /** Writes down that everything up to a place is confirmed. @throws Error when it cannot */
  save(place: JournalPlace): void
  clock: Clock
  onTrouble(sentence: string): void
}

/**
 * Publishes the events of journals in their order, each at least once. The journals are all that it has: it keeps no queue,
 * and a process that takes over goes on behind the last event that is known to be confirmed.
 */
export class Outbox {
  private readonly bell: Bell

  constructor(private readonly parts: OutboxParts) {
    this.bell = new Bell(parts.clock)
  }

  /** Tells it that there is another event. It costs nothing to say it too often. */
  wake(): void {
    this.bell.ring()
  }

  /** Works until the signal is aborted. It never rejects for what a broker, or a disk, does. */
  async work(signal: AbortSignal): Promise<void> {
    const { open, clock, onTrouble } = this.parts
    let place = this.parts.from
    while (!signal.aborted) {
      const events = open(place)
      try {
        for (;;) {
          const event = events.next()
          if (event === undefined) await this.bell.wait(undefined, signal)
          else if (await this.confirm(event, signal)) place = event.behind
          if (signal.aborted) return
        }
      } catch (error) {
        if (!(error instanceof LockstepError)) throw error
        onTrouble(error.message)
      } finally {
        events.close()
      }
      await pause(clock, READ_AGAIN_AFTER_MS, signal).catch(() => {})
    }
  }

  /** Returns true once an event is confirmed, and false when the work ended first. */
  private async confirm(event: JournalEvent, signal: AbortSignal): Promise<boolean> {
    const { publish, save, clock, onTrouble } = this.parts
    while (!signal.aborted) {
      try {
        await publish(event, signal)
      } catch (error) {
        if (signal.aborted) return false
        onTrouble((error as Error).message)
        await pause(clock, PUBLISH_AGAIN_AFTER_MS, signal).catch(() => {})
        continue
      }
      try {
        save(event.behind)
      } catch (error) {
        // The event is confirmed; after a kill it is only published once more.
        onTrouble(`which events were told cannot be written down: ${(error as Error).message}`)
      }
      return true
    }
    return false
  }
}
