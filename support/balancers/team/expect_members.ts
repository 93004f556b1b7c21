import { clean } from '../../rollout/model/verdict'
import type { Redact } from '../../system/redaction'
import { MEMBER_STATES, type Member } from './team_balancer'

const MAX_SEEN = 200

/**
 * Expects the members of a pool, each once, with no secret in what was seen.
 * @throws Error that says what was resolved with instead
 */
export function expectMembers(value: unknown, redact: Redact): Map<string, Member> {
  if (!Array.isArray(value)) throw new Error('it resolved with no list of members')
  const members = new Map<string, Member>()
  for (const each of value as readonly unknown[]) {
    const member = expectMember(each, redact)
    if (members.has(member.host)) throw new Error(`it has ${clean(member.host)} twice`)
    members.set(member.host, member)
  }
  return members
}

function expectMember(value: unknown, redact: Redact): Member {
  const { host, state, sessions, seen } = (typeof value === 'object' ? (value ?? {}) : {}) as Partial<Member>
  if (typeof host !== 'string' || host === '') throw new Error('a member has no host; expected its name')
  if (state === undefined || !MEMBER_STATES.includes(state))
    throw new Error(`${clean(host)} has an unknown state; expected ${MEMBER_STATES.join(', ')}`)
  if (sessions !== undefined && !isCount(sessions))
    throw new Error(`${clean(host)} has sessions that are no whole number from 0`)
  if (seen !== undefined && typeof seen !== 'string') throw new Error(`${clean(host)} was seen as no text`)
  return {
    host,
    state,
    ...(sessions === undefined ? {} : { sessions }),
    ...(seen === undefined ? {} : { seen: clean(redact(seen), MAX_SEEN) }),
  }
}

/** Expects counted requests. @throws Error that says what was resolved with instead */
export function expectRequests(value: unknown): { requests: number; failed: number } {
  const { requests, failed } = Object(value) as { requests?: unknown; failed?: unknown }
  if (!isCount(requests) || !isCount(failed) || failed > requests)
    throw new Error('it resolved with no requests and failed; expected whole numbers from 0')
  return { requests, failed }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
