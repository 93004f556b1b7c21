import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { JournalFile } from '../system/journal_file'
import { readJournals } from '../system/journal_reading'
import { readStartEvent, type RecordedStartEvent, type StartEvent } from './events'
import { StartState } from './start_state'

/** The log of starts, for the one process that writes it. */
export interface StartLog {
  readonly state: StartState
  /** Resolves once the event is on disk, and counts. @throws LockstepError `journal-failed` */
  append(event: StartEvent): Promise<void>
}

export function startsFolderIn(state: string): string {
  return join(state, 'console', 'starts')
}

/**
 * Reads the journals of all processes, in the order in which they were begun. A last line that a kill has cut off was never
 * told to anybody.
 * @throws LockstepError `journal-failed` when the folder cannot be listed
 */
export function readStarts(state: string): {
  events: RecordedStartEvent[]
  faults: string[]
  journals: number
} {
  const all = readJournals<RecordedStartEvent>(startsFolderIn(state), () => readStartEvent)
  return {
    events: all.flatMap(({ entries }) => entries),
    faults: all.flatMap(({ path, fault }) =>
      fault === undefined || fault.kind === 'cut off' ? [] : [`the journal ${path} ${fault.what}`],
    ),
    journals: all.length,
  }
}

/** A journal of starts in the folder of the state. Each process has one of its own, behind those before it. */
export class StartJournal implements StartLog {
  readonly state: StartState
  /** Why the starts before are not all known: nothing more may be started then. */
  readonly faults: readonly string[]
  private readonly file: JournalFile

  /** @throws LockstepError `journal-failed` when the folder cannot be used */
  constructor(
    folder: string,
    private readonly now: () => number,
    /** Throws when another process has taken over. */
    private readonly expectOwned: () => void,
  ) {
    const { events, faults, journals } = readStarts(folder)
    this.state = StartState.of(events)
    this.faults = faults
    const number = String(journals + 1).padStart(8, '0')
    this.file = new JournalFile(
      startsFolderIn(folder),
      `starts-${number}-${randomBytes(2).toString('hex')}`,
      now,
    )
  }

  async append(event: StartEvent): Promise<void> {
    this.expectOwned()
    const recorded = { ...event, at: new Date(this.now()).toISOString() }
    await this.file.append(recorded)
    this.expectOwned()
    this.state.apply(recorded)
  }

  close(): Promise<void> {
    return this.file.close()
  }
}
