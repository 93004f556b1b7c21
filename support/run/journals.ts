import { resolve } from 'node:path'
import { danglingLinkIn } from '../system/dangling_link'
import {
  eachEntry,
  foreignAmongJournals,
  readJournal,
  readJournals,
  type JournalRead,
} from '../system/journal_reading'
import type { RunEntries } from '../rollout/model/out_of_rotation'
import { isOfRollout, type RecordedEvent } from './events'
import { entryFault } from './journal_entries'

export type RunJournal = JournalRead<RunEntries['entries'][number]>

/** The journals of live runs, and the faults that make them incomplete. */
export interface RunJournals {
  journals: readonly RunJournal[]
  /** A sentence for each place that does not tell everything; while there is one, nothing can be called clear. */
  faults: readonly string[]
}

/**
 * Reads the journals of live runs in a directory.
 * @throws LockstepError `journal-failed` when the directory cannot be listed
 */
export function readRunJournals(directory: string): RunJournals {
  const link = danglingLinkIn(resolve(directory))
  if (link !== undefined)
    return { journals: [], faults: [`${link} is a link to nowhere; mount or mend what it leads to`] }
  const journals = readJournals<RecordedEvent>(directory, entryFault).map(ofRollouts)
  const foreign = foreignAmongJournals(directory).map(
    (path) => `${path} is no journal, and lies among those of live runs; look what it is, then move it away`,
  )
  return { journals, faults: [...journals.flatMap((journal) => faultOf(journal) ?? []), ...foreign] }
}

export function readRunJournal(path: string): RunJournal {
  return ofRollouts(readJournal<RecordedEvent>(path, entryFault))
}

/** Reads the events of a run one by one. Resolves with the fault of its journal; undefined for one that tells all. */
export function eachRunEvent(
  path: string,
  take: (event: RecordedEvent) => void,
): Promise<RunJournal['fault']> {
  return eachEntry(path, entryFault, (entry) => take(entry as RecordedEvent))
}

/** Returns a journal without the events of its run itself. The rest has the hosts that are out or done. */
function ofRollouts(journal: JournalRead<RecordedEvent>): RunJournal {
  return { ...journal, entries: journal.entries.filter((event) => isOfRollout(event)) }
}

/** Returns the sentence about an incomplete journal; undefined for a complete one. */
export function faultOf({ path, fault }: Pick<RunJournal, 'path' | 'fault'>): string | undefined {
  return fault === undefined
    ? undefined
    : `the journal ${path} ${fault.what}; which hosts it leaves out is not known: look at them, then move it away`
}
