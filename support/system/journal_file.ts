import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { LockstepError } from './errors'

const SUFFIX = '.journal.ndjson'

/** An append-only file of JSON lines, each with its own checksum and on disk before `append` resolves. */
export class JournalFile {
  readonly path: string
  private file: FileHandle | undefined
  private queue: Promise<void> = Promise.resolve()

  constructor(
    directory: string,
    readonly run: string,
    private readonly now: () => number,
  ) {
    this.path = join(directory, `${run}${SUFFIX}`)
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

  async close(): Promise<void> {
    await this.queue.catch(() => {})
    await this.file?.close()
  }

  private async write(entry: object): Promise<void> {
    try {
      this.file ??= await open(this.path, 'a', 0o660)
      const content = JSON.stringify({ at: new Date(this.now()).toISOString(), ...entry })
      await this.file.appendFile(`${checksum(content)} ${content}\n`)
      await this.file.datasync()
    } catch (error) {
      throw failed(this.path, error)
    }
  }
}

export interface JournalRead<E> {
  run: string
  path: string
  entries: E[]
  /** A line that does not fit its checksum was found: it and what follows is not in `entries`. */
  damaged: boolean
}

/** The journals of a directory, oldest run first. A directory that is not there has none. */
export function readJournals<E>(directory: string): JournalRead<E>[] {
  return listJournals(directory).map((name) => readJournal<E>(join(directory, name)))
}

/** @throws Error when there is no such file */
export function readJournal<E>(path: string): JournalRead<E> {
  const run = basename(path).slice(0, -SUFFIX.length)
  const entries: E[] = []
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue
    const content = line.slice(9)
    if (line.slice(0, 9) !== `${checksum(content)} `) return { run, path, entries, damaged: true }
    entries.push(JSON.parse(content) as E)
  }
  return { run, path, entries, damaged: false }
}

function listJournals(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(SUFFIX))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw failed(directory, error)
  }
}

function checksum(content: string): string {
  return crc32(content).toString(16).padStart(8, '0')
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
