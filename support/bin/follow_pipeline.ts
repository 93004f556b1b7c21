import { formatEvent, repositoryOf } from '../pipeline/format_event'
import { PipelineTail } from '../pipeline/pipeline_journal'
import { PipelineState } from '../pipeline/pipeline_state'
import { pause, type Clock } from '../system/clock'

const LOOK_EVERY_MS = 1_000

export interface Following {
  /** The folder of the state, as an absolute path. */
  state: string
  /** The only repository that is told of; undefined for all. */
  wanted: string | undefined
  clock: Clock
  /** Aborted when the person has seen enough, or reads no longer. */
  signal: AbortSignal
  write: (text: string) => void
  complain: (text: string) => void
}

/**
 * Writes a sentence for each new event of a pipeline until the signal is aborted, also over restarts of `lockstep serve`.
 * Resolves with whether everything could be read.
 * @throws LockstepError `journal-failed` when the journals cannot be listed
 */
export async function followPipeline({
  state: folder,
  wanted,
  clock,
  signal,
  write,
  complain,
}: Following): Promise<boolean> {
  const tail = new PipelineTail(folder)
  const state = new PipelineState()
  let isWhole = true
  const read = () => {
    const { events, faults } = tail.readNew()
    if (faults.length > 0) isWhole = false
    for (const fault of faults) complain(`Not everything is known: ${fault}\n`)
    return events
  }
  // What was before is not news, and later events are about it.
  for (const event of read()) state.apply(event)
  while (!signal.aborted) {
    await pause(clock, LOOK_EVERY_MS, signal).catch(() => {})
    for (const event of read()) {
      state.apply(event)
      if (wanted === undefined || repositoryOf(event, state) === wanted)
        write(`${event.at}  ${formatEvent(event, state)}\n`)
    }
  }
  return isWhole
}
