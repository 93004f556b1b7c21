import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LockstepError } from './errors'
import { JOURNAL_CHANGED, JOURNAL_SUFFIX, JOURNAL_VERSION, journalLine } from './journal_lines'
import { makeFolder } from './folders'

/**
 * An append-only file of JSON lines, each with its own checksum and on disk before `append` resolves. Its first line
 * says in which version it is written. It notifications when somebody removes, replaces or shortens the file while it is in
 * use. It takes no further entry then, and leaves a journal that tells the same as before, or says that it does not.
 * Entries that can wait outlive the process from the same moment on; they reach the disk with the next one that cannot.
 */
export class JournalFile {
  readonly path: string
  private file: FileHandle | undefined
  private queue: Promise<void> = Promise.resolve()
  /** The bytes of whole lines, as far as this process knows. */
  private size = 0
  /** True while more may be on disk than `size` says. */
  private isAdding = false
  /** The reason why no further entry is taken. */
  private broken: Error | undefined
  /** True while entries that can wait are not on disk yet. */
  private isWaiting = false

  constructor(
    directory: string,
    readonly run: string,
    private readonly now: () => number,
    /** Returns whether an entry may be lost with the machine, as in a power cut; none may unless said. */
    private readonly canWait: (entry: object) => boolean = () => false,
  ) {
    this.path = join(directory, `${run}${JOURNAL_SUFFIX}`)
    try {
      // Answers of hosts are not for every user; the umask says whether they are for the group.
      makeFolder(directory, 0o770)
    } catch (error) {
      throw appendFailure(this.path, error)
    }
  }

  /**
   * Appends an entry.
   * @throws LockstepError `journal-failed`; the entry may then not be there, and nothing may be done that needs it
   */
  append(entry: object): Promise<void> {
    this.queue = this.queue.then(() => this.write(entry))
    return this.queue
  }

  /**
   * Writes the last entry of a process that ends and can wait for nothing; what was being appended may be missing.
   * @throws LockstepError `journal-failed`
   */
  appendNow(entry: object): void {
    try {
      if (this.file !== undefined) this.expectWhole(this.file)
      const file = openSync(this.path, 'a', 0o660)
      try {
        const header = fstatSync(file).size === 0 ? this.header() : ''
        writeSync(file, header + this.line(entry))
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      this.broken = new Error('its last entry is there')
    } catch (error) {
      throw appendFailure(this.path, error)
    }
  }

  async close(): Promise<void> {
    await this.queue.catch(() => {})
    if (this.isWaiting) await this.file?.datasync()
    await this.file?.close()
  }

  private async write(entry: object): Promise<void> {
    try {
      const file = (this.file ??= await open(this.path, 'a+', 0o660))
      this.expectWhole(file)
      const header = this.size === 0 ? this.header() : ''
      await this.add(file, Buffer.from(header + this.line(entry)), this.canWait(entry))
    } catch (error) {
      throw appendFailure(this.path, error)
    }
  }

  private header(): string {
    return this.line({ type: 'journal', version: JOURNAL_VERSION })
  }

  private line(entry: object): string {
    return journalLine(JSON.stringify({ at: new Date(this.now()).toISOString(), ...entry }))
  }

  private async add(file: FileHandle, lines: Buffer, canWait: boolean): Promise<void> {
    this.isAdding = true
    try {
      await file.appendFile(lines)
      if (!canWait) await file.datasync()
      this.isWaiting = canWait
      this.size += lines.length
    } catch (error) {
      // Half a line would spoil the next one, and an empty file would look like a journal that was emptied.
      await this.takeBack(file).catch(() => {})
      throw error
    } finally {
      this.isAdding = false
    }
  }

  private async takeBack(file: FileHandle): Promise<void> {
    if (!(await file.stat()).isFile()) return
    await file.truncate(this.size)
    if (this.size > 0) return
    await unlink(this.path)
    await file.close()
    this.file = undefined
  }

  /**
   * Checks that the file is what this process has written.
   * @throws Error when it no longer is, then and from then on
   */
  private expectWhole(file: FileHandle): void {
    if (this.broken !== undefined) throw this.broken
    const what = this.violence(file.fd)
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
    if (own.size === this.size || (this.isAdding && own.size > this.size)) return undefined
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
    writeSync(fd, `\n${this.line({ type: JOURNAL_CHANGED })}`)
    fsyncSync(fd)
  }
}

function attempt(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}

function appendFailure(path: string, error: unknown): LockstepError {
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
