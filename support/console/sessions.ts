import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Clock } from '../system/clock'
import { makeFolder } from '../system/folders'
import { namesIn, readRegularFile } from '../system/regular_file'
import { writeWhole } from '../system/whole_file'

/** The most sessions of one person; the oldest ends for the next. */
const MAX_SESSIONS = 20
/** Milliseconds between two notes that a session is in use. */
const NOTE_EVERY_MS = 30_000
/** Milliseconds for which a form can be sent. */
const FORM_MS = 2 * 3_600_000
const ID_BYTES = 32
const ID = /^[\w-]{43}$/

const recordShape = v.object({
  version: v.literal(1),
  person: v.string(),
  /** The groups that a proxy or a provider named; null for a person of the file, who has theirs there. */
  groups: v.nullable(v.array(v.string())),
  /** What the session ends with when it changes, such as the password; null for a person of a proxy. */
  stamp: v.nullable(v.string()),
  begunAt: v.number(),
})
type SessionRecord = v.InferOutput<typeof recordShape>

/** A session that is good now. */
export interface Session extends Omit<SessionRecord, 'version'> {
  /** The secret of the cookie; nothing but the cookie may have it. */
  id: string
}

export interface SessionTimes {
  sessionMs: number
  idleMs: number
}

/**
 * The sessions in the folder of the state, one folder each, so that a restart and a second `lockstep serve` know them. A
 * folder has the hash of the id for its name: who reads it cannot log in with it.
 */
export class Sessions {
  private readonly folder: string

  constructor(
    state: string,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly times: SessionTimes,
  ) {
    this.folder = join(state, 'console', 'sessions')
  }

  /** Begins a session with an id that no browser has had before. */
  begin(whose: Pick<SessionRecord, 'person' | 'groups' | 'stamp'>): Session {
    const session = { ...whose, id: randomBytes(ID_BYTES).toString('base64url'), begunAt: this.clock.now() }
    this.makeRoom(whose.person)
    const folder = this.folderOf(session.id)
    const { id: _, ...record } = session
    makeFolder(this.folder, 0o700)
    // It is there whole or not at all: another process ends what it cannot read.
    const unfinished = `${folder}${UNFINISHED}`
    mkdirSync(unfinished, 0o700)
    writeWhole(join(unfinished, RECORD), `${JSON.stringify({ version: 1, ...record })}\n`, 0o600)
    this.note(unfinished)
    renameSync(unfinished, folder)
    return session
  }

  /** Returns the session of an id that a browser sent; undefined where there is none, or it is over. */
  find(id: string): Session | undefined {
    if (!ID.test(id)) return undefined
    const folder = this.folderOf(id)
    const read = this.read(folder)
    if (read === undefined) return undefined
    if (this.isOver(read)) {
      this.remove(folder)
      return undefined
    }
    if (this.clock.now() - read.seenAt >= NOTE_EVERY_MS) this.note(folder)
    const { version: _, ...record } = read.record
    return { id, ...record }
  }

  /** Returns whether a session is still good, and notes no use of it: a page that stands open is no use of it. */
  isGood(id: string): boolean {
    const read = this.read(this.folderOf(id))
    return read !== undefined && !this.isOver(read)
  }

  end(id: string): void {
    this.remove(this.folderOf(id))
  }

  /** Ends all sessions of a person, and returns how many there were. */
  endOf(person: string): number {
    const own = namesIn(this.folder).filter((name) => {
      return !name.endsWith(UNFINISHED) && this.read(join(this.folder, name))?.record.person === person
    })
    for (const name of own) this.remove(join(this.folder, name))
    return own.length
  }

  /** Returns the groups that the last login of a person has told, where that is good, and was after a moment, ms. */
  groupsSince(person: string, after: number): readonly string[] | undefined {
    let last: { begunAt: number; groups: readonly string[] | null } | undefined
    for (const name of namesIn(this.folder)) {
      if (name.endsWith(UNFINISHED)) continue
      const read = this.read(join(this.folder, name))
      if (read === undefined || this.isOver(read) || read.record.person !== person) continue
      const { begunAt } = read.record
      if (begunAt > (last?.begunAt ?? after)) last = read.record
    }
    return last?.groups ?? undefined
  }

  /** Returns the token of a new form that sends to a path. It is good once, and for no one else. */
  newForm(id: string, path: string): string {
    const begun = `${this.clock.now().toString(36)}.${randomBytes(16).toString('base64url')}`
    return `${begun}.${formMac(id, begun, path)}`
  }

  /** Takes the token of a form that was sent, or returns why it is refused. */
  takeForm(id: string, path: string, token: string): string | undefined {
    const [, begun = '', time = '', nonce = '', mac = ''] = FORM.exec(token) ?? []
    if (begun === '' || !isEqual(mac, formMac(id, begun, path))) return 'the form is not one of this session'
    const age = this.clock.now() - Number.parseInt(time, 36)
    if (age > FORM_MS || age < 0) return 'the form is too old'
    try {
      writeFileSync(join(this.folderOf(id), `${nonce}.used`), '', { flag: 'wx', mode: 0o600 })
      return undefined
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') return 'the form was sent before'
      if (code === 'ENOENT') return 'the session is over'
      throw error
    }
  }

  private folderOf(id: string): string {
    return join(this.folder, createHash('sha256').update(id).digest('hex'))
  }

  private read(folder: string): { record: SessionRecord; seenAt: number } | undefined {
    try {
      const path = join(folder, RECORD)
      const record: unknown = JSON.parse(readRegularFile(path).toString('utf8'))
      const seenAt = statSync(path).mtimeMs
      return v.is(recordShape, record) ? { record, seenAt } : undefined
    } catch (error) {
      if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  private isOver({ record: { begunAt }, seenAt }: { record: SessionRecord; seenAt: number }): boolean {
    const now = this.clock.now()
    // A clock that went back would make a session longer.
    return (
      now - begunAt >= this.times.sessionMs || now - seenAt >= this.times.idleMs || begunAt - now > FORM_MS
    )
  }

  private note(folder: string): void {
    const now = this.clock.now() / 1_000
    try {
      utimesSync(join(folder, RECORD), now, now)
    } catch (error) {
      // Another process has ended it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }

  /** Ends what is over, and the oldest sessions of somebody who has too many. */
  private makeRoom(person: string): void {
    const own: { folder: string; begunAt: number }[] = []
    for (const name of namesIn(this.folder)) {
      if (name.endsWith(UNFINISHED)) continue
      const folder = join(this.folder, name)
      const read = this.read(folder)
      if (read === undefined || this.isOver(read)) this.remove(folder)
      else if (read.record.person === person) own.push({ folder, begunAt: read.record.begunAt })
    }
    const most = own.sort((a, b) => b.begunAt - a.begunAt).slice(MAX_SESSIONS - 1)
    for (const { folder } of most) this.remove(folder)
  }

  private remove(folder: string): void {
    rmSync(folder, { recursive: true, force: true })
  }
}

const RECORD = 'session.json'
const UNFINISHED = '.new'
const FORM = /^(([0-9a-z]{1,12})\.([\w-]{22}))\.([\w-]{43})$/

function formMac(id: string, begun: string, path: string): string {
  return createHmac('sha256', id)
    .update(JSON.stringify(['form', begun, path]))
    .digest('base64url')
}

/** Compares two texts in a time that says nothing of where they differ. */
export function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
