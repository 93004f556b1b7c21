import { statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { danglingLinkIn } from '../../system/dangling_link'
import { JOURNAL_SUFFIX } from '../../system/journal_lines'
import { JournalTail, type EntryReader } from '../../system/journal_reading'
import { namesIn } from '../../system/regular_file'

/** The bytes of a journal that are read before others have their turn. */
const IN_TURN_BYTES = 64 * 1024

/** A journal as far as it was read, with what a reader made of its entries. */
export interface FollowedJournal<T> {
  run: string
  made: T
  /** True where not all of it can be read: it is damaged, of another build, cut off, or none. */
  isFaulty: boolean
}

interface Followed<E, T> extends FollowedJournal<T> {
  tail: JournalTail<E>
  dev: number
  ino: number
  size: number
  hasFault: boolean
}

/** The journals of a folder, read bit by bit: each byte once, and never many at a time. */
export class FollowedFolder<E, T> {
  private readonly known = new Map<string, Followed<E, T>>()
  /** True where the folder cannot be listed, or has what is no journal. */
  isFaulty = false
  /** The number of times that anything was read or forgotten. */
  changes = 0

  constructor(
    private readonly folder: string,
    private readonly newReader: () => EntryReader<E>,
    private readonly begin: (run: string) => T,
    private readonly hear: (made: T, entry: E) => void,
    private readonly onGone: (gone: FollowedJournal<T>) => void,
  ) {}

  get journals(): readonly FollowedJournal<T>[] {
    return [...this.known.values()]
  }

  /** The bytes that are there and were not read. */
  get unread(): number {
    let bytes = 0
    for (const { tail, size, hasFault } of this.known.values())
      if (!hasFault) bytes += Math.max(0, size - tail.offset)
    return bytes
  }

  /** Reads what is new until `isOver` says that it is enough, and gives way to others between its pieces. */
  async readNew(isOver: () => boolean, giveWay: () => Promise<void>): Promise<void> {
    for (const path of this.list()) {
      await giveWay()
      const journal = this.look(path)
      if (journal === undefined) continue
      while (!journal.hasFault && journal.tail.offset < journal.size) {
        if (isOver()) return
        const before = journal.tail.offset
        this.readSome(journal)
        await giveWay()
        if (journal.tail.offset === before) break
      }
      // What is left is no whole line: it is being written, or its process is gone.
      journal.isFaulty = journal.hasFault || journal.size === 0 || journal.tail.offset < journal.size
    }
  }

  private list(): string[] {
    try {
      const names = namesIn(this.folder)
      this.isFaulty =
        danglingLinkIn(resolve(this.folder)) !== undefined ||
        names.some((name) => !name.endsWith(JOURNAL_SUFFIX))
      const paths = names
        .filter((name) => name.endsWith(JOURNAL_SUFFIX))
        .map((name) => join(this.folder, name))
      const there = new Set(paths)
      for (const path of this.known.keys()) if (!there.has(path)) this.forget(path)
      return paths
    } catch {
      this.isFaulty = true
      return []
    }
  }

  private look(path: string): Followed<E, T> | undefined {
    const stat = statSync(path, { throwIfNoEntry: false })
    const before = this.known.get(path)
    const isSame =
      before !== undefined && before.ino === stat?.ino && before.dev === stat.dev && before.size <= stat.size
    if (before !== undefined && !isSame) this.forget(path)
    if (stat === undefined) return undefined
    const { dev, ino, size } = stat
    if (before !== undefined && isSame) {
      before.size = size
      return before
    }
    const run = basename(path).slice(0, -JOURNAL_SUFFIX.length)
    const tail = new JournalTail(path, this.newReader())
    const journal = { run, made: this.begin(run), isFaulty: true, tail, dev, ino, size, hasFault: false }
    this.known.set(path, journal)
    return journal
  }

  private readSome(journal: Followed<E, T>): void {
    try {
      const { entries, fault } = journal.tail.readNew(IN_TURN_BYTES)
      this.changes += 1
      for (const entry of entries) this.hear(journal.made, entry)
      journal.hasFault ||= fault !== undefined
    } catch {
      journal.hasFault = true
    }
  }

  private forget(path: string): void {
    const gone = this.known.get(path)
    this.known.delete(path)
    this.changes += 1
    if (gone !== undefined) this.onGone(gone)
  }
}
