import { statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { RunEntries } from '../rollout/model/out_of_rotation'
import { danglingLinkIn } from '../system/dangling_link'
import { JOURNAL_SUFFIX } from '../system/journal_lines'
import { foreignAmongJournals, JournalTail, type JournalFault } from '../system/journal_reading'
import { namesIn } from '../system/regular_file'
import { foreignFault, faultOf, linkFault, rolloutReader, type RunJournals } from './journals'

type Entry = RunEntries['entries'][number]

/** A journal as it was read up to now. */
interface Followed {
  tail: JournalTail<Entry>
  /** The file by its device, its number, its size and its time; a file that has the same ones is not read. */
  mark: string
  ino: number
  size: number
  entries: Entry[]
  fault: JournalFault | undefined
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

  private follow(path: string): Pick<Followed, 'entries' | 'fault'> | undefined {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return undefined
    const mark = `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeMs}`
    const before = this.known.get(path)
    if (before?.mark === mark) return before
    const isGrown = before !== undefined && before.ino === stat.ino && before.size < stat.size
    const followed: Followed = isGrown
      ? before
      : {
          tail: new JournalTail(path, rolloutReader()),
          mark,
          ino: stat.ino,
          size: 0,
          entries: [],
          fault: undefined,
        }
    try {
      const { entries, fault } = followed.tail.readNew()
      followed.entries.push(...entries.filter(this.keeps))
      followed.fault = fault ?? (isLasting(followed.fault) ? followed.fault : this.restOf(followed.tail, stat.size))
    } catch (error) {
      this.known.delete(path)
      return { entries: [], fault: { kind: 'unreadable', what: `cannot be read: ${(error as Error).message}` } }
    }
    Object.assign(followed, { mark, size: stat.size })
    this.known.set(path, followed)
    return followed
  }

  /** Returns the fault of a journal whose last line is not whole, or that has none. */
  private restOf({ bytes }: JournalTail<Entry>, size: number): JournalFault | undefined {
    if (size === 0) return { kind: 'damaged', what: 'is empty' }
    return bytes < size ? { kind: 'cut off', what: 'ends in the middle of a line' } : undefined
  }
}

/** Returns whether a fault stays, also when more is written behind it. */
function isLasting(fault: JournalFault | undefined): boolean {
  return fault !== undefined && fault.kind !== 'cut off' && fault.what !== 'is empty'
}

function namesOf(directory: string): string[] {
  return namesIn(directory).filter((name) => name.endsWith(JOURNAL_SUFFIX))
}
