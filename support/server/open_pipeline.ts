import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { PipelineEvent, RecordedPipelineEvent } from '../pipeline/events'
import type { JournalPlace } from '../pipeline/event_cursor'
import { LivePipelineLog } from '../pipeline/live_log'
import { eachPipelineEvent, openPipelineJournal, pipelineJournalsIn } from '../pipeline/pipeline_journal'
import { PipelineState } from '../pipeline/pipeline_state'
import type { PipelineLog } from '../pipeline/receive'
import { LockstepError } from '../system/errors'
import { namesIn, readRegularFile } from '../system/regular_file'
import type { PipelineClaim } from './claim_pipeline'

/** The most changes whose fate can be asked for; journals keep all. */
const MAX_SETTLED = 20_000

/** The pipeline of a state folder, for the one process that writes it. */
export interface OpenPipeline extends PipelineLog {
  /** Hears each event once it is on disk, until the returned function is called. */
  onEvent(listener: (event: RecordedPipelineEvent) => void): () => void
  /** @throws LockstepError `lock-failed` when another process has taken over: nothing may be told in its name any more */
  expectOwned(): void
  /** The place behind the last event that is on disk. */
  readonly end: JournalPlace
  close(): Promise<void>
}

/**
 * Opens the pipeline of a state folder. Each event is written only while the claim stands, and counts only if it still
 * stands once the event is on disk: another process that took over meanwhile has read the journal without it.
 * @throws LockstepError `journal-failed` where a journal does not tell everything: what was taken cannot be known then, and
 * a push that is told again might start twice
 */
export function openPipeline(state: string, claim: PipelineClaim, now: () => number): OpenPipeline {
  removeUnbegun(pipelineJournalsIn(state))
  const before = new PipelineState(MAX_SETTLED)
  const faults = eachPipelineEvent(state, (event) => before.apply(event))
  const [fault, ...others] = faults
  if (fault !== undefined) throw new LockstepError('journal-failed', refusal(fault, others.length))
  const journal = openPipelineJournal(state, now)
  const listeners = new Set<(event: RecordedPipelineEvent) => void>()
  let entries = 0
  const owned = {
    async append(event: PipelineEvent) {
      claim.expectOwned()
      await journal.append(event)
      claim.expectOwned()
    },
  }
  const log = new LivePipelineLog(before, owned, now, (event) => {
    entries += 1
    for (const listener of listeners) listener(event)
  })
  return {
    get state(): PipelineState {
      return log.state
    },
    get end(): JournalPlace {
      return { journal: journal.number, entries }
    },
    append: (event) => log.append(event),
    expectOwned: () => claim.expectOwned(),
    onEvent(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: () => journal.close(),
  }
}

/**
 * Removes the last journal where it has no whole line: a kill leaves it so, between its opening and the end of its first
 * line. Nothing in it was ever told to a sender.
 */
function removeUnbegun(folder: string): void {
  const last = existsSync(folder) ? namesIn(folder).sort().at(-1) : undefined
  if (last === undefined) return
  const path = join(folder, last)
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isFile() !== true || stats.size > MAX_FIRST_LINE) return
  if (!readRegularFile(path).includes('\n')) rmSync(path)
}

/** Bytes that no first line of a journal has. */
const MAX_FIRST_LINE = 4_096

function refusal(fault: string, others: number): string {
  const more = others === 0 ? '' : `, and ${others} more with it`
  return `${fault}${more}: which pushes were taken cannot be known, and one that is told again might start twice; put it back from a backup, or move it out of its folder where that may happen`
}
