import type { PipelineEvent, RecordedPipelineEvent } from './events'
import type { PipelineJournal } from './pipeline_journal'
import type { PipelineState } from './pipeline_state'
import type { PipelineLog } from './receive'

/** The log of the one process that writes: what was before, what it adds, and who hears of it. */
export class LivePipelineLog implements PipelineLog {
  constructor(
    readonly state: PipelineState,
    private readonly journal: Pick<PipelineJournal, 'append'>,
    private readonly now: () => number,
    /** Called for each event once it is on disk. */
    private readonly onEvent: (event: RecordedPipelineEvent) => void = () => {},
  ) {}

  async append(event: PipelineEvent): Promise<RecordedPipelineEvent> {
    const recorded = { ...event, at: new Date(this.now()).toISOString() }
    await this.journal.append(event)
    this.state.apply(recorded)
    this.onEvent(recorded)
    return recorded
  }
}
