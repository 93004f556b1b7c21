import type { RecordedEvent } from '../../run/events'
import { eventReader, faultOf } from '../../run/journals'
import { JournalCursor, type PlacedEntry } from '../../system/journal_cursor'
import type { RunJournal } from './run_journals'

/** Bytes of a journal that are passed over before others have their turn. */
const IN_TURN_BYTES = 256 * 1024

/** The events of one run, each with the byte of the journal behind it. No event is made before it is asked for. */
export class RunEvents {
  private readonly cursor: JournalCursor<RecordedEvent>
  private trouble: string | undefined

  constructor(
    private readonly journal: RunJournal,
    /** The environment that the run has to be of. */
    private readonly environment: string,
  ) {
    this.cursor = new JournalCursor(journal.path, eventReader())
  }

  /** The byte behind the last event. */
  get offset(): number {
    return this.cursor.offset
  }

  /** The sentence that says why the journal does not tell everything. */
  get fault(): string | undefined {
    return this.trouble ?? faultOf({ path: this.journal.name, fault: this.cursor.fault })
  }

  /** Resolves with whether an event ends at a byte; the next one is the one behind it. */
  async skipTo(offset: number): Promise<boolean> {
    let turn = IN_TURN_BYTES
    while (this.offset < offset) {
      if (this.next() === undefined) return false
      if (this.offset < turn) continue
      turn = this.offset + IN_TURN_BYTES
      await new Promise((resolve) => setImmediate(resolve))
    }
    return this.offset === offset
  }

  /** Returns the next event; undefined where there is none yet, or none that can be trusted. */
  next(): PlacedEntry<RecordedEvent> | undefined {
    if (this.trouble !== undefined) return undefined
    const { name } = this.journal
    try {
      const found = this.cursor.next()
      if (found === undefined || this.isOwn(found.entry)) return found
      this.trouble = `the journal ${name} is one of another run by now`
    } catch (error) {
      // The message of the system has the path on this machine in it.
      const { code } = error as NodeJS.ErrnoException
      const isGone = code === 'ENOENT'
      this.trouble = `the journal ${name} ${isGone ? 'is not there any more' : `cannot be read: ${code ?? 'it is no file'}`}`
    }
    return undefined
  }

  /** Returns whether an event says nothing of another run, whose journal has taken the place of this one. */
  private isOwn(event: RecordedEvent): boolean {
    if (event.type === 'read') return event.run === this.journal.run
    return event.type !== 'began' || event.environment === this.environment
  }
}
