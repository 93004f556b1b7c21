import { resolve } from 'node:path'
import { danglingLinkIn } from '../system/dangling_link'
import {
  eachEntry,
  foreignAmongJournals,
  readJournal,
  readJournals,
  type EntryReader,
  type JournalRead,
} from '../system/journal_reading'
import type { RunEntries } from '../rollout/model/out_of_rotation'
import { isOfRollout, type RecordedEvent } from './events'
import { entryFault } from './journal_entries'
import { HostPlaces } from './written_hosts'

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
  if (link !== undefined) return { journals: [], faults: [linkFault(link)] }
  const journals = readJournals(directory, rolloutReader)
  const foreign = foreignAmongJournals(directory).map(foreignFault)
  return { journals, faults: [...journals.flatMap((journal) => faultOf(journal) ?? []), ...foreign] }
}

/** Returns the sentence about a folder of journals that is a link to nowhere. */
export function linkFault(link: string): string {
  return `${link} is a link to nowhere; mount or mend what it leads to`
}

/** Returns the sentence about a file among journals that is none. */
export function foreignFault(path: string): string {
  return `${path} is no journal, and lies among those of live runs; look what it is, then move it away`
}

export function readRunJournal(path: string): RunJournal {
  return readJournal(path, rolloutReader())
}

/** Reads the events of a run one by one. Resolves with the fault of its journal; undefined for one that tells all. */
export function eachRunEvent(
  path: string,
  take: (event: RecordedEvent) => void,
): Promise<RunJournal['fault']> {
  return eachEntry(path, eventReader(), take)
}

/** Returns a reader of all events of one journal, with the names of all hosts. */
export function eventReader(): EntryReader<RecordedEvent> {
  const places = new HostPlaces()
  return (value) => {
    const event = places.read(value)
    if (event === undefined)
      return {
        fault: `has an entry ${JSON.stringify(value['type'])} of hosts that no roll call before it has`,
      }
    const fault = entryFault(event)
    if (fault !== undefined) return { fault }
    const entry = event as RecordedEvent
    places.hear(entry)
    return { entry }
  }
}

/** Returns a reader of the entries of rollouts, which have the hosts that are out or done. Other events are passed over. */
export function rolloutReader(): EntryReader<RunEntries['entries'][number]> {
  const read = eventReader()
  return (value) => {
    const found = read(value)
    if ('fault' in found) return found
    const { entry } = found
    return { entry: entry !== undefined && isOfRollout(entry) ? entry : undefined }
  }
}

/** Returns the sentence about an incomplete journal; undefined for a complete one. */
export function faultOf({ path, fault }: Pick<RunJournal, 'path' | 'fault'>): string | undefined {
  return fault === undefined
    ? undefined
    : `the journal ${path} ${fault.what}; which hosts it leaves out is not known: look at them, then move it away`
}
