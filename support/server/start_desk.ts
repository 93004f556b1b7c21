import { Starter, type StartCommands } from '../starts/starter'
import { StartJournal } from '../starts/start_journal'
import type { Part } from './part'

/** Knows what people start, in the process that serves, and nowhere else. */
export class StartDesk {
  private open: { starter: Starter; faults: readonly string[] } | undefined

  constructor(private readonly commands: StartCommands) {}

  /** The starts; undefined while this process does not serve. */
  get starter(): Starter | undefined {
    return this.open?.starter
  }

  /** Why nothing can be started now; undefined where it can. */
  get fault(): string | undefined {
    if (this.open === undefined)
      return 'lockstep serve has only just begun, or ends; send it again in a moment'
    const [fault] = this.open.faults
    return fault === undefined
      ? undefined
      : `${fault}, so that something might be started twice; put it back from a backup, or move it out of its folder, and start lockstep serve anew`
  }

  /** The part that plans what is wanted, and follows what was begun. */
  get part(): Part {
    return {
      name: 'starts',
      run: async ({ pipeline, state, clock, log, signal }) => {
        const journal = new StartJournal(
          state,
          () => clock.now(),
          () => pipeline.expectOwned(),
        )
        const starter = new Starter({ log: journal, commands: this.commands, clock })
        this.open = { starter, faults: journal.faults }
        try {
          if (this.fault === undefined) await starter.work(signal)
          else log.error(this.fault)
        } finally {
          this.open = undefined
          await journal.close()
        }
      },
    }
  }
}
