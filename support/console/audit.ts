import { randomBytes } from 'node:crypto'
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { JournalFile } from '../system/journal_file'
import { readJournals, type EntryReader } from '../system/journal_reading'
import type { Clock } from '../system/clock'
import { JOURNAL_SUFFIX } from '../system/journal_lines'
import { namesIn } from '../system/regular_file'

const VERSION = 1
/** The most lines of refusals in a minute; further ones are counted, so that a flood fills no disk. */
const MAX_REFUSALS = 60
const MINUTE_MS = 60_000
/** Milliseconds for which the audit trail is kept: a year, and a month to look at it. */
const KEPT_MS = 400 * 24 * 3_600_000

const address = v.nullable(v.string())
/** How a request came where that was no page, such as `token ci`. */
const through = v.exactOptional(v.string())
const SHAPES = {
  'logged in': v.object({ person: v.string(), address, by: v.picklist(['password', 'proxy', 'openid']) }),
  'login refused': v.object({ person: v.nullable(v.string()), address, why: v.string() }),
  'logged out': v.object({ person: v.string(), address }),
  'act refused': v.object({ person: v.nullable(v.string()), address, why: v.string(), through }),
  'token refused': v.object({ address, why: v.string() }),
  acted: v.object({ person: v.string(), address, act: v.string(), what: v.string(), through }),
  'refused without a line': v.object({ count: v.number() }),
  'policy refused': v.object({ why: v.string() }),
  'people refused': v.object({ why: v.string() }),
  'person added': v.object({ person: v.string(), by: v.string() }),
  'person removed': v.object({ person: v.string(), by: v.string() }),
  'password changed': v.object({ person: v.string(), by: v.string() }),
  'sessions ended': v.object({ person: v.string(), by: v.string(), count: v.number() }),
  'token added': v.object({
    person: v.string(),
    by: v.string(),
    token: v.string(),
    may: v.array(v.string()),
    in: v.nullable(v.array(v.string())),
    expires: v.string(),
  }),
  'token removed': v.object({ person: v.string(), by: v.string(), token: v.string() }),
  'tokens refused': v.object({ why: v.string() }),
  'groups changed': v.object({ person: v.string(), by: v.string(), groups: v.array(v.string()) }),
} as const

type Shapes = typeof SHAPES
/**
 * An event of the audit trail. It has names of people that are known, addresses, and our own words: no password, no name
 * that was only typed, and nothing else of a request.
 */
export type AuditEvent = { [T in keyof Shapes]: { type: T } & v.InferOutput<Shapes[T]> }[keyof Shapes]
export type RecordedAuditEvent = AuditEvent & { at: string }

/**
 * The audit trail that one process writes, in journals of its own in the folder of the state: one for each month. So a month
 * that is over is written by no process any more, and can go whole.
 */
export class AuditTrail {
  private begun: { month: string; file: JournalFile } | undefined
  /** Resolves once the journals of months that are over are closed. */
  private closed: Promise<unknown> = Promise.resolve()
  private begunAt = 0
  private refusals = 0
  private unsaid = 0

  constructor(
    private readonly state: string,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** Resolves once the event is on disk. @throws LockstepError `journal-failed` */
  async append(event: AuditEvent): Promise<void> {
    await this.fileOfNow().append(event)
  }

  /** Appends a refusal, or counts it where too many came within a minute. @throws LockstepError `journal-failed` */
  async refuse(
    event: Extract<AuditEvent, { type: 'login refused' | 'act refused' | 'token refused' }>,
  ): Promise<void> {
    const now = this.clock.now()
    if (Math.abs(now - this.begunAt) >= MINUTE_MS) {
      this.begunAt = now
      this.refusals = 0
      await this.sayUnsaid()
    }
    this.refusals += 1
    if (this.refusals > MAX_REFUSALS) this.unsaid += 1
    else await this.append(event)
  }

  async close(): Promise<void> {
    await this.sayUnsaid()
    await Promise.all([this.closed, this.begun?.file.close()])
  }

  /** Returns the journal of the month. The first entry of a month begins it, and ends what is older than is kept. */
  private fileOfNow(): JournalFile {
    const now = this.clock.now()
    const at = new Date(now).toISOString()
    const month = at.slice(0, 7)
    if (this.begun?.month === month) return this.begun.file
    removeOldAudit(this.state, now)
    const name = `audit-${at.replace(/\D/g, '')}-${randomBytes(4).toString('hex')}`
    const file = new JournalFile(auditFolderIn(this.state), name, () => this.clock.now())
    file.put({ type: 'audit', version: VERSION })
    this.closed = Promise.all([this.closed, this.begun?.file.close()])
    this.begun = { month, file }
    return file
  }

  private async sayUnsaid(): Promise<void> {
    const count = this.unsaid
    this.unsaid = 0
    if (count > 0) await this.append({ type: 'refused without a line', count })
  }
}

export function auditFolderIn(state: string): string {
  return join(state, 'console', 'audit')
}

/**
 * Removes the journals of months that are older than is kept, and were not written to since. Age is counted from the last
 * entry of any process: a clock that has run ahead removes nothing by itself.
 */
function removeOldAudit(state: string, now: number): void {
  const folder = auditFolderIn(state)
  const all = namesIn(folder).flatMap((name) => {
    const month = /^audit-(\d{4})(\d{2})\d{11}-[0-9a-f]{8}\./.exec(name)
    const path = join(folder, name)
    const writtenAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs
    if (month === null || writtenAt === undefined || !name.endsWith(JOURNAL_SUFFIX)) return []
    // The month after the one in its name: Date counts from 0.
    return [{ path, writtenAt, overAt: Date.UTC(Number(month[1]), Number(month[2])) }]
  })
  const last = Math.max(...all.map(({ writtenAt }) => writtenAt))
  const before = Math.min(now, last) - KEPT_MS
  for (const { path, writtenAt, overAt } of all)
    if (overAt < before && writtenAt < before)
      try {
        rmSync(path, { force: true })
      } catch {
        // It is of another user, and stays: the entry that is to be written does not depend on it.
      }
}

/**
 * Reads the audit trail of all processes, each journal in its order.
 * @throws LockstepError `journal-failed` when the folder cannot be listed
 */
export function readAudit(state: string): { events: RecordedAuditEvent[]; faults: string[] } {
  const all = readJournals<RecordedAuditEvent>(auditFolderIn(state), () => readEvent)
  return {
    events: all.flatMap(({ entries }) => entries),
    faults: all.flatMap(({ path, fault }) =>
      fault === undefined || fault.kind === 'cut off' ? [] : [`the journal ${path} ${fault.what}`],
    ),
  }
}

const readEvent: EntryReader<RecordedAuditEvent> = (value) => {
  const { type } = value
  if (type === 'audit')
    return value['version'] === VERSION ? { entry: undefined } : { fault: 'is of another version' }
  const isKnown = typeof type === 'string' && Object.hasOwn(SHAPES, type)
  if (!isKnown || !v.is(SHAPES[type as keyof Shapes], value))
    return { fault: `has an entry ${JSON.stringify(type)?.slice(0, 80)} that is not known, or not whole` }
  return { entry: value as unknown as RecordedAuditEvent }
}
