import type { PipelineEvent, RecordedPipelineEvent } from '../pipeline/events'
import { PipelineState } from '../pipeline/pipeline_state'
import type { PipelineLog } from '../pipeline/receive'

/** The end of a process in the middle of its work. */
export class Killed extends Error {}

/** A log of a pipeline in memory, whose process can be killed when it has so many more events. */
export class MemoryPipelineLog implements PipelineLog {
  readonly state: PipelineState
  readonly added: RecordedPipelineEvent[] = []
  private hear: (() => void)[] = []

  constructor(
    readonly events: RecordedPipelineEvent[] = [],
    private readonly killedAfter = Infinity,
  ) {
    this.state = PipelineState.of(events)
  }

  async append(event: PipelineEvent): Promise<RecordedPipelineEvent> {
    if (this.added.length >= this.killedAfter) throw new Killed('killed')
    const recorded = { ...event, at: new Date(0).toISOString() }
    this.added.push(recorded)
    this.events.push(recorded)
    this.state.apply(recorded)
    this.hear.splice(0).forEach((each) => each())
    return recorded
  }

  /** Takes a push of one change, as a receiver would. */
  async take(delivery: string, ref: string, after: string | null, repository = 'website'): Promise<void> {
    const changes = [{ ref, before: null, after }]
    await this.append({ type: 'push taken', delivery, repository, teller: 'hook', by: null, changes })
  }

  /** Resolves once the state is as the test says; it looks after each event. */
  async until(isSo: (state: PipelineState) => boolean): Promise<void> {
    while (!isSo(this.state)) await new Promise<void>((resolve) => this.hear.push(resolve))
  }
}
