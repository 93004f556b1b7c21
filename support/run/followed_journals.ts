import { statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { RunEntries } from '../rollout/model/out_of_rotation'
import { danglingLinkIn } from '../system/dangling_link'
import { JOURNAL_SUFFIX } from '../system/journal_lines'
import { foreignAmongJournals, JournalTail, type JournalFault } from '../system/journal_reading'
import { namesIn } from '../system/regular_file'
import {
  faultOf,
  foreignFault,
  linkFault,
  readRunJournal,
  rolloutReader,
  type RunJournal,
  type RunJournals,
} from './journals'

type Entry = RunEntries['entries'][number]

/** A journal as it was read up to now. */
interface Followed {
  tail: JournalTail<Entry>
  /** The file by its device, its number, its size and its time; a file that has the same ones is not read. */
  mark: string
  ino: number
  size: number
  /** The entries of whole lines, and the fault behind which nothing more is read. */
  entries: Entry[]
  fault: JournalFault | undefined
  /** The journal with its last line, whole or not. */
  read: Pick<RunJournal, 'entries' | 'fault'>
}

/**
 * The journals of live runs, read as often as somebody asks. Of a journal that has grown only the new lines are read, and of one that
 * has not nothing. It keeps the entries that `keeps` wants.
 */
export class FollowedJournals {
  private readonly known = new Map<string, Followed>()

  constructor(
    private readonly directory: string,
    private readonly keeps: (entry: Entry) => boolean,
  ) {}

  /**
   * Returns all journals as far as they can be trusted, as `readRunJournals` does.
   * @throws LockstepError `journal-failed` when the directory cannot be listed
   */
  read(): RunJournals {
    const link = danglingLinkIn(resolve(this.directory))
    if (link !== undefined) return { journals: [], faults: [linkFault(link)] }
    const foreign = foreignAmongJournals(this.directory).map(foreignFault)
    const paths = namesOf(this.directory).map((name) => join(this.directory, name))
    for (const path of this.known.keys()) if (!paths.includes(path)) this.known.delete(path)
    const journals = paths.flatMap((path) => {
      const followed = this.follow(path)
      if (followed === undefined) return []
      const { entries, fault } = followed
      return [{ run: basename(path).slice(0, -JOURNAL_SUFFIX.length), path, entries, fault }]
    })
    return { journals, faults: [...journals.flatMap((journal) => faultOf(journal) ?? []), ...foreign] }
  }

  private follow(path: string): Followed['read'] | undefined {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return undefined
    const mark = `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeMs}`
    const before = this.known.get(path)
    if (before?.mark === mark) return before.read
    const isGrown = before !== undefined && before.ino === stat.ino && before.size < stat.size
    const { tail, entries, fault } = isGrown ? before : this.begin(path)
    try {
      const found = tail.readNew()
      entries.push(...found.entries.filter(this.keeps))
      const known = { tail, mark, ino: stat.ino, size: stat.size, entries, fault: fault ?? found.fault }
      const isWhole = known.fault !== undefined || (stat.size > 0 && tail.offset >= stat.size)
      const read = isWhole ? { entries, fault: known.fault } : this.readWhole(path)
      this.known.set(path, { ...known, read })
      return read
    } catch (error) {
      this.known.delete(path)
      return {
        entries: [],
        fault: { kind: 'unreadable', what: `cannot be read: ${(error as Error).message}` },
      }
    }
  }

  private begin(path: string): Pick<Followed, 'tail' | 'entries' | 'fault'> {
    return { tail: new JournalTail(path, rolloutReader()), entries: [], fault: undefined }
  }

  /** Reads a journal whose last line is not whole yet, or never will be. */
  private readWhole(path: string): Followed['read'] {
    const { entries, fault } = readRunJournal(path)
    return { entries: entries.filter(this.keeps), fault }
  }
}

function namesOf(directory: string): string[] {
  return namesIn(directory).filter((name) => name.endsWith(JOURNAL_SUFFIX))
}
