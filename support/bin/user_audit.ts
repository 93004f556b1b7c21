import { readAudit, type RecordedAuditEvent } from '../console/audit'
import { parseAge } from '../system/duration'
import { LockstepError } from '../system/errors'
import { clean } from '../rollout/model/verdict'
import { excerpt } from '../system/redaction'
import type { Outcome } from './command'
import { formatJson } from './json'

/** The choice of what is shown of the audit trail. */
export interface AuditWish {
  /** The person whom it is about; undefined for everybody. */
  person: string | undefined
  since: string | undefined
  json: boolean
  /** The folder of the state, as an absolute path. */
  state: string
  now: number
}

/**
 * Prints the audit trail of the console, the oldest entry first. Where a journal does not tell everything, it says so, and the
 * exit status is 1.
 * @throws LockstepError `bad-input`, `journal-failed`
 */
export function showAudit({ person, since, json, state, now }: AuditWish): Outcome {
  const from = since === undefined ? undefined : expectTime(since, now)
  const { events, faults } = readAudit(state)
  const chosen = events
    .filter((event) => person === undefined || ('person' in event && event.person === person))
    .filter(({ at }) => from === undefined || Date.parse(at) >= from)
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at))
  const complaint = faults.map((fault) => `${fault}; entries behind that are not shown\n`).join('')
  const text = json
    ? formatJson('lockstep/audit/1', { entries: chosen.map(describe), faults })
    : chosen.map((event) => `${lineOf(describe(event))}\n`).join('') || 'The audit trail has no such entry.\n'
  return { text, complaint, exitCode: faults.length === 0 ? 0 : 1 }
}

function describe(event: RecordedAuditEvent) {
  return {
    at: event.at,
    type: event.type,
    person: 'person' in event ? event.person : null,
    by: 'by' in event && event.type !== 'logged in' ? event.by : null,
    address: 'address' in event ? event.address : null,
    through: 'through' in event ? (event.through ?? null) : null,
    says: wordsOf(event),
  }
}

function lineOf({ at, person, by, address, through, says, type }: ReturnType<typeof describe>): string {
  const where = [by === null ? '' : `by ${by}`, address === null ? '' : `from ${address}`, through ?? '']
  const how = where.filter((each) => each !== '').join(', ')
  return clean(
    `${at}  ${person ?? '-'}  ${type}${says === '' ? '' : `: ${says}`}${how === '' ? '' : ` (${how})`}`,
    Infinity,
  )
}

function wordsOf(event: RecordedAuditEvent): string {
  switch (event.type) {
    case 'logged in':
      return event.by
    case 'acted':
      return `${event.act}, ${event.what}`
    case 'login refused':
    case 'act refused':
    case 'token refused':
    case 'policy refused':
    case 'people refused':
    case 'tokens refused':
      return event.why
    case 'refused without a line':
      return `${event.count} more`
    case 'sessions ended':
      return `${event.count} ${event.count === 1 ? 'session' : 'sessions'}`
    case 'token added':
      return `${event.token}: ${event.may.join(', ')} in ${event.in?.join(', ') ?? 'every environment'} until ${event.expires}`
    case 'token removed':
      return event.token
    case 'groups changed':
      return event.groups.join(', ') || 'no group'
    case 'logged out':
    case 'person added':
    case 'person removed':
    case 'password changed':
      return ''
  }
}

function expectTime(written: string, now: number): number {
  const age = parseAge(written)
  if (age !== undefined) return now - age
  const isTime = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/.test(written)
  const time = isTime ? Date.parse(written) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw new LockstepError(
    'bad-input',
    `--since is ${JSON.stringify(excerpt(written, 80))}; expected a time such as 2026-11-01 or 2026-11-01T12:00:00Z, or how long ago, such as 7d`,
  )
}
