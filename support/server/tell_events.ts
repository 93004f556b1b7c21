import { EventCursor, type JournalPlace } from '../pipeline/event_cursor'
import { Outbox, type OutboxParts } from '../pipeline/outbox'
import { pipelineJournalsIn } from '../pipeline/pipeline_journal'
import { savePlace } from '../pipeline/place_file'
import type { PartContext } from './part'

interface Telling extends Pick<OutboxParts, 'publish' | 'onTrouble'> {
  /** The file of the place up to which all is told. */
  path: string
  from: JournalPlace
}

/**
 * Tells others of the events of the pipeline behind a place, in their order, until the signal is aborted. The place is that
 * of the process which has the claim: one that was taken over from leaves it alone.
 */
export async function tellEvents(
  { state, pipeline, clock, signal }: Pick<PartContext, 'state' | 'pipeline' | 'clock' | 'signal'>,
  { path, from, publish, onTrouble }: Telling,
): Promise<void> {
  const outbox = new Outbox({
    from,
    open: (place) => new EventCursor(pipelineJournalsIn(state), place, () => pipeline.end),
    publish,
    save(place) {
      pipeline.expectOwned()
      savePlace(path, place)
    },
    clock,
    onTrouble,
  })
  const stop = pipeline.onEvent(() => outbox.wake())
  try {
    await outbox.work(signal)
  } finally {
    stop()
  }
}
