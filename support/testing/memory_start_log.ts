import type { RecordedStartEvent, StartEvent } from '../starts/events'
import type { StartLog } from '../starts/start_journal'
import { StartState } from '../starts/start_state'
import { Killed } from './memory_pipeline_log'

/** A log whose process is killed once it has written so many events: before the next one, or right behind the last. */
export class MemoryStartLog implements StartLog {
  readonly state: StartState
  added = 0

  constructor(
    readonly events: RecordedStartEvent[] = [],
    private readonly killedAfter = Infinity,
    private readonly isWritten = false,
  ) {
    this.state = StartState.of(events)
  }

  async append(event: StartEvent): Promise<void> {
    const recorded = { ...event, at: new Date(0).toISOString() } as RecordedStartEvent
    if (this.added === this.killedAfter && this.isWritten) this.events.push(recorded)
    if (this.added >= this.killedAfter) {
      this.added += 1
      throw new Killed('killed')
    }
    this.added += 1
    this.events.push(recorded)
    this.state.apply(recorded)
  }
}
