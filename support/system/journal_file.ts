import { closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs'
import { open, unlink, writeFile, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LockstepError } from './errors'
import { JOURNAL_SUFFIX, JOURNAL_VERSION, journalLine } from './journal_lines'

/**
 * An append-only file of JSON lines, each with its own checksum and on disk before `append` resolves. Its first line says
 * in which version it is written. It notices when somebody removes, replaces or shortens the file while it is in use.
 */
export class JournalFile {
  readonly path: string
  private file: FileHandle | undefined
  private queue: Promise<void> = Promise.resolve()
  /** Bytes of whole lines, as far as this process knows. */
  private size = 0

  constructor(
    directory: string,
    readonly run: string,
    private readonly now: () => number,
  ) {
    this.path = join(directory, `${run}${JOURNAL_SUFFIX}`)
    try {
      // What hosts have answered is nothing for everybody; the umask says whether it is for the group.
      mkdirSync(directory, { recursive: true, mode: 0o770 })
    } catch (error) {
      throw failed(this.path, error)
    }
  }

  /** @throws LockstepError `journal-failed`; the entry may then not be there, and nothing may be done that needs it */
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
      const file = openSync(this.path, 'a')
      try {
        writeSync(file, this.line(entry))
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
    } catch (error) {
      throw failed(this.path, error)
    }
  }

  async close(): Promise<void> {
    await this.queue.catch(() => {})
    await this.file?.close()
  }

  private async write(entry: object): Promise<void> {
    try {
      const file = (this.file ??= await open(this.path, 'a+', 0o660))
      await this.expectWhole(file)
      const header = this.size === 0 ? this.line({ type: 'journal', version: JOURNAL_VERSION }) : ''
      await this.add(file, Buffer.from(header + this.line(entry)))
    } catch (error) {
      throw failed(this.path, error)
    }
  }

  private line(entry: object): string {
    return journalLine(JSON.stringify({ at: new Date(this.now()).toISOString(), ...entry }))
  }

  private async add(file: FileHandle, lines: Buffer): Promise<void> {
    try {
      await file.appendFile(lines)
      await file.datasync()
      this.size += lines.length
    } catch (error) {
      // Half a line would spoil the next one, and an empty file would look like a journal that was emptied.
      await this.takeBack(file).catch(() => {})
      throw error
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

  /** @throws Error when the file is no longer what this process has written */
  private async expectWhole(file: FileHandle): Promise<void> {
    // Synchronous: two system calls of some microseconds, before each entry.
    const own = fstatSync(file.fd)
    if (!own.isFile()) return
    const there = statSync(this.path, { throwIfNoEntry: false })
    if (there === undefined || there.ino !== own.ino || there.dev !== own.dev) {
      const saved = there === undefined && (await this.restore(file).catch(() => false))
      const next = saved ? '; it was written again, as it was until then' : ''
      throw new Error(`somebody ${there === undefined ? 'removed' : 'replaced'} it during the run${next}`)
    }
    if (own.size !== this.size)
      throw new Error(
        `somebody changed it during the run: it has ${own.size} bytes where ${this.size} were written`,
      )
  }

  /** Its name is gone, and its content is not: what is out of rotation must stay on disk. */
  private async restore(file: FileHandle): Promise<boolean> {
    const content = Buffer.alloc(this.size)
    const { bytesRead } = await file.read(content, 0, this.size, 0)
    if (bytesRead < this.size) return false
    mkdirSync(dirname(this.path), { recursive: true })
    const flag = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
    await writeFile(this.path, content, { flag, mode: 0o660 })
    return true
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
