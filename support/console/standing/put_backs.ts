import { closeSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { makeFolder } from '../../system/folders'
import { namesIn, openRegularFile } from '../../system/regular_file'

/** A `lockstep put-back` that somebody has started on a page. */
export interface PutBack {
  /** The run whose hosts are put back. */
  run: string
  /** The run that puts them back. */
  id: string
  person: string
  at: string
}

const SHAPE = v.object({ run: v.string(), id: v.string(), person: v.string(), at: v.string() })
const MAX_OUTPUT_BYTES = 16 * 1024

/** The records of what was put back from pages, in a folder of the state. A restart of `lockstep serve` finds them again. */
export class PutBacks {
  constructor(private readonly state: string) {}

  /** Notes one that is about to be started. @throws Error of the system */
  note(one: PutBack): void {
    makeFolder(this.folder, 0o700)
    writeFileSync(join(this.folder, `${one.id}.json`), JSON.stringify(one), { flag: 'wx', mode: 0o600 })
  }

  /** Returns those for a run, the newest first. One whose record was cut off was never started. */
  of(run: string): PutBack[] {
    const all = namesIn(this.folder).filter((name) => name.endsWith('.json'))
    return all.reverse().flatMap((name) => {
      const one = this.read(name)
      return one?.run === run ? [one] : []
    })
  }

  /** Returns the path of the file that has what one has printed. */
  outputOf(id: string): string {
    return join(this.folder, `${id}.log`)
  }

  /** Returns the last lines that one has printed. */
  linesOf(id: string): string[] {
    try {
      const { fd, size } = openRegularFile(this.outputOf(id))
      try {
        const bytes = Buffer.alloc(Math.min(size, MAX_OUTPUT_BYTES))
        readSync(fd, bytes, 0, bytes.length, size - bytes.length)
        return bytes.toString('utf8').trimEnd().split('\n')
      } finally {
        closeSync(fd)
      }
    } catch {
      return []
    }
  }

  private get folder(): string {
    return join(this.state, 'console', 'put-backs')
  }

  private read(name: string): PutBack | undefined {
    try {
      return v.parse(SHAPE, JSON.parse(readFileSync(join(this.folder, name), 'utf8')))
    } catch {
      return undefined
    }
  }
}
