import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Clock } from '../../system/clock'
import { makeFolder } from '../../system/folders'
import { namesIn, readRegularFile } from '../../system/regular_file'
import { writeWhole } from '../../system/whole_file'

/** Milliseconds for which an act is remembered. */
const KEPT_MS = 24 * 3_600_000
/** The most acts that are remembered; further ones are refused until some are old. None is forgotten early. */
const MAX_KEPT = 10_000
const SWEEP_EVERY_MS = 60_000
const KEY = /^[\w-]{8,100}$/

const doneShape = v.object({ says: v.string(), at: v.string() })
const recordShape = v.object({
  version: v.literal(1),
  request: v.string(),
  begunAt: v.number(),
  /** What it came to; null until that is known. */
  done: v.nullable(doneShape),
})
type ActRecord = v.InferOutput<typeof recordShape>
export type ActDone = v.InferOutput<typeof doneShape>

/** The answer to a key. With `new`, the act is to be performed now, and `end` is to be called then. */
export type Begun =
  | { is: 'new'; end: (done: ActDone | undefined) => void }
  | { is: 'done'; done: ActDone }
  | { is: 'refused'; status: 409 | 422 | 503; sentence: string }

/**
 * The acts that were asked for over the API, by the key that each request has. A request that is sent again is not
 * performed again, also after a restart: what was begun is on disk before it begins.
 */
export class SentOnce {
  private readonly folder: string
  private sweptAt: number | undefined
  private kept = 0

  constructor(
    state: string,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    this.folder = join(state, 'console', 'api-acts')
  }

  /** Begins an act of a token. `request` is all that was asked for, in one text. */
  begin(token: string, key: string, request: string): Begun {
    if (!KEY.test(key))
      return refused(
        422,
        'expected an Idempotency-Key of 8 to 100 letters, digits, - and _, new for each act',
      )
    this.sweep()
    makeFolder(this.folder, 0o700)
    const path = join(this.folder, `${hashOf(`${token}\n${key}`)}.json`)
    const record: ActRecord = { version: 1, request: hashOf(request), begunAt: this.clock.now(), done: null }
    const before = this.read(path)
    if (before !== undefined) return judge(before, record.request)
    if (this.kept >= MAX_KEPT)
      return refused(503, `${MAX_KEPT} acts are remembered for a day; come again later`)
    if (!writeFirst(path, format(record))) return refused(409, UNDER_WAY)
    this.kept += 1
    return {
      is: 'new',
      end: (done) => {
        if (done !== undefined) writeWhole(path, format({ ...record, done }), 0o600)
        else {
          rmSync(path, { force: true })
          this.kept -= 1
        }
      },
    }
  }

  private read(path: string): ActRecord | 'unreadable' | undefined {
    try {
      const record: unknown = JSON.parse(readRegularFile(path).toString('utf8'))
      return v.is(recordShape, record) ? record : 'unreadable'
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      if (error instanceof SyntaxError) return 'unreadable'
      throw error
    }
  }

  /** Forgets what is old, at most once a minute, and counts what is left. */
  private sweep(): void {
    const now = this.clock.now()
    if (this.sweptAt !== undefined && Math.abs(now - this.sweptAt) < SWEEP_EVERY_MS) return
    this.sweptAt = now
    this.kept = 0
    for (const name of namesIn(this.folder)) {
      const path = join(this.folder, name)
      const stats = statSync(path, { throwIfNoEntry: false })
      if (stats === undefined) continue
      if (now - stats.mtimeMs > KEPT_MS) rmSync(path, { force: true })
      else this.kept += 1
    }
  }
}

const UNDER_WAY =
  'this act was begun, and what it came to is not known; look first, and use a new Idempotency-Key to ask again'

function judge(before: ActRecord | 'unreadable', request: string): Begun {
  if (before === 'unreadable') return refused(409, UNDER_WAY)
  if (before.request !== request)
    return refused(422, 'this Idempotency-Key was sent with another request; use a new one for each act')
  return before.done === null ? refused(409, UNDER_WAY) : { is: 'done', done: before.done }
}

function refused(status: 409 | 422 | 503, sentence: string): Begun {
  return { is: 'refused', status, sentence }
}

/** Writes a file that is not there yet, onto the disk. Returns false where it is there. */
function writeFirst(path: string, text: string): boolean {
  let file: number
  try {
    file = openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } catch (error) {
    // Nothing was begun: on a full disk, the file would say otherwise for a day.
    rmSync(path, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
  return true
}

function format(record: ActRecord): string {
  return `${JSON.stringify(record)}\n`
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
