import {
  closeSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { LockstepError } from './errors'
import { chainLines, JOURNAL_CHANGED, JOURNAL_SUFFIX, JOURNAL_VERSION, NO_LINE } from './journal_lines'
import { makeFolder } from './folders'

/**
 * An append-only file of JSON lines, each with a checksum and on disk before `append` resolves. Its first line
 * says in which version it is written. Entries are in the file in the order of the calls, whichever of them is waited
 * for. It notices when somebody removes, replaces or shortens the file while it is in use. It takes no further entry
 * then, and leaves a journal that tells the same as before, or says that it does not.
 */
export class JournalFile {
  readonly path: string
  private file: number | undefined
  private queue: Promise<void> = Promise.resolve()
  /** The bytes of whole lines. */
  private size = 0
  /** The checksum of the last line. */
  private last = NO_LINE
  /** The bytes that are known to outlive the machine. */
  private kept = 0
  /** The reason why no further entry is taken. */
  private broken: Error | undefined

  constructor(
    directory: string,
    readonly run: string,
    private readonly now: () => number,
  ) {
    this.path = join(directory, `${run}${JOURNAL_SUFFIX}`)
    try {
      // Answers of hosts are not for every user; the umask says whether they are for the group.
      makeFolder(directory, 0o770)
    } catch (error) {
      throw failed(this.path, error)
    }
  }

  /**
   * Appends an entry, and resolves once it is on disk.
   * @throws LockstepError `journal-failed`; the entry may then not be there, and nothing may be done that needs it
   */
  async append(entry: object): Promise<void> {
    this.put(entry)
    await this.settle()
  }

  /**
   * Writes an entry that outlives this process, however it ends. It outlives the machine with the next entry that is
   * waited for, or with `settleNow`.
   * @throws LockstepError `journal-failed`
   */
  put(entry: object): void {
    try {
      const file = this.opened()
      this.expectWhole(file)
      const header = this.size === 0 ? [this.json({ type: 'journal', version: JOURNAL_VERSION })] : []
      this.add(file, [...header, this.json(entry)])
    } catch (error) {
      throw failed(this.path, error)
    }
  }

  /**
   * Resolves once all entries so far are on disk.
   * @throws LockstepError `journal-failed`
   */
  settle(): Promise<void> {
    const until = this.size
    this.queue = this.queue.then(async () => {
      if (this.kept >= until || this.file === undefined) return
      const covered = this.size
      try {
        await sync(this.file)
        this.kept = Math.max(this.kept, covered)
      } catch (error) {
        throw failed(this.path, (this.broken = error as Error))
      }
    })
    return this.queue
  }

  /**
   * Returns once all entries so far are on disk.
   * @throws LockstepError `journal-failed`
   */
  settleNow(): void {
    if (this.kept >= this.size) return
    try {
      fsyncSync(this.opened())
      this.kept = this.size
    } catch (error) {
      throw failed(this.path, (this.broken = error as Error))
    }
  }

  async close(): Promise<void> {
    await this.settle().catch(() => {})
    if (this.file !== undefined) closeSync(this.file)
    this.file = undefined
  }

  /** Returns the open file. A journal that was closed is opened again for what is still to be said. */
  private opened(): number {
    if (this.broken !== undefined) throw this.broken
    if (this.file !== undefined) return this.file
    if (this.size > 0 && statSync(this.path, { throwIfNoEntry: false }) === undefined)
      throw (this.broken = new Error('somebody removed it during the run'))
    return (this.file = openSync(this.path, 'a+', 0o660))
  }

  private json(entry: object): string {
    return JSON.stringify({ at: new Date(this.now()).toISOString(), ...entry })
  }

  private add(file: number, jsons: readonly string[]): void {
    const { text, last } = chainLines(jsons, this.last)
    const lines = Buffer.from(text)
    try {
      for (let done = 0; done < lines.length;) done += writeSync(file, lines, done)
      this.size += lines.length
      this.last = last
    } catch (error) {
      // Half a line would spoil the next one, and an empty file would look like a journal that was emptied.
      attempt(() => this.takeBack(file))
      throw error
    }
  }

  private takeBack(file: number): void {
    if (!fstatSync(file).isFile()) return
    ftruncateSync(file, this.size)
    if (this.size > 0) return
    unlinkSync(this.path)
    closeSync(file)
    this.file = undefined
  }

  /**
   * Checks that the file is what this process has written.
   * @throws Error when it no longer is, then and from then on
   */
  private expectWhole(file: number): void {
    if (this.broken !== undefined) throw this.broken
    const what = this.violence(file)
    if (what === undefined) return
    this.broken = new Error(`somebody ${what}`)
    throw this.broken
  }

  /**
   * Returns what somebody did to the file; undefined when nothing was done. It is synchronous: two system calls of some
   * microseconds, before each entry.
   */
  private violence(fd: number): string | undefined {
    const own = fstatSync(fd)
    if (!own.isFile()) return undefined
    const there = statSync(this.path, { throwIfNoEntry: false })
    if (there === undefined || there.ino !== own.ino || there.dev !== own.dev) {
      const isSaved = attempt(() => this.restore(fd, there !== undefined))
      const next = isSaved ? '; it was written again, as it was until then' : ''
      return `${there === undefined ? 'removed' : 'replaced'} it during the run${next}`
    }
    if (own.size === this.size) return undefined
    attempt(() => this.mark(fd))
    return `changed it during the run: it has ${own.size} bytes where ${this.size} were written`
  }

  /**
   * Writes the content of a file whose name is gone again: what is out of rotation must stay on disk. A file that took
   * its place is kept.
   */
  private restore(fd: number, isReplaced: boolean): void {
    const { size } = fstatSync(fd)
    if (size < this.size) throw new Error('it was shortened too')
    const content = Buffer.alloc(size)
    if (readSync(fd, content, 0, size, 0) < size) throw new Error('it cannot be read')
    makeFolder(dirname(this.path))
    if (isReplaced) renameSync(this.path, `${this.path}.replaced`)
    writeFileSync(this.path, content, { flag: 'wx', mode: 0o660 })
  }

  /** Marks a journal that somebody changed: lost entries cannot be put back, and no reader may believe the rest. */
  private mark(fd: number): void {
    writeSync(fd, `\n${chainLines([this.json({ type: JOURNAL_CHANGED })], NO_LINE).text}`)
    fsyncSync(fd)
  }
}

const sync = promisify(fdatasync)

function attempt(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}

function failed(path: string, error: unknown): LockstepError {
  const why =
    (error as NodeJS.ErrnoException).code === 'ENOSPC' ? 'the disk is full' : (error as Error).message
  return new LockstepError(
    'journal-failed',
    `the journal ${path} cannot be written: ${why}; nothing more is done without it`,
    {
      cause: error,
    },
  )
}
