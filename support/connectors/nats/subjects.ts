import { createHash } from 'node:crypto'
import { LockstepError } from '../../system/errors'
import type { Address } from '../connector'

/** Names of NATS subjects, as Choria has them. */

export function broadcastSubject({ collective, agent }: Address): string {
  return checked(
    `${collective}.broadcast.agent.${agent}`,
    `the agent ${agent} of the collective ${collective}`,
  )
}

export function hostSubject(collective: string, identity: string): string {
  return checked(`${collective}.node.${identity}`, `the host ${identity} of the collective ${collective}`)
}

/** Returns the first part of the subjects of a caller’s replies, which a broker can keep for that caller alone. */
export function replyPrefix(collective: string, callerid: string, unique: string): string {
  const owner = createHash('md5').update(callerid).digest('hex')
  return checked(`${collective}.reply.${owner}.${unique}`, `the collective ${collective}`)
}

/** Returns whether a subject is one of replies in a collective, and no request to a host. */
export function isReplySubject(subject: string, collectives: readonly string[]): boolean {
  return (
    subject.length <= MAX_LENGTH &&
    SUBJECT.test(subject) &&
    collectives.some((collective) => subject.startsWith(`${collective}.reply.`))
  )
}

/** Words of letters, digits, - and _ between dots: no wildcard, no space, and no empty word. */
const SUBJECT = /^[\w-]+(\.[\w-]+)+$/
const MAX_LENGTH = 512

function checked(subject: string, what: string): string {
  if (subject.length <= MAX_LENGTH && SUBJECT.test(subject)) return subject
  throw new LockstepError(
    'bad-input',
    `${what} cannot be reached over NATS: expected a name of letters, digits, - and _ with single dots between them`,
  )
}
