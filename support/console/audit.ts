import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import * as v from 'valibot'
import { JournalFile } from '../system/journal_file'
import { readJournals, type EntryReader } from '../system/journal_reading'
import type { Clock } from '../system/clock'

const VERSION = 1
/** The most lines of refusals in a minute; further ones are counted, so that a flood fills no disk. */
const MAX_REFUSALS = 60
const MINUTE_MS = 60_000

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

/** The audit trail that one process writes, in a journal of its own in the folder of the state. */
export class AuditTrail {
  private readonly file: JournalFile
  private isBegun = false
  private begunAt = 0
  private refusals = 0
  private unsaid = 0

  constructor(
    state: string,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    const time = new Date(clock.now()).toISOString().replace(/\D/g, '')
    this.file = new JournalFile(auditFolderIn(state), `audit-${time}-${randomBytes(4).toString('hex')}`, () =>
      clock.now(),
    )
  }

  /** Resolves once the event is on disk. @throws LockstepError `journal-failed` */
  async append(event: AuditEvent): Promise<void> {
    if (!this.isBegun) this.file.put({ type: 'audit', version: VERSION })
    this.isBegun = true
    await this.file.append(event)
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
    await this.file.close()
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
