import type { Receiver } from '../pipeline/receive'
import type { Body } from './bodies'
import type { HookTriggers } from './hook_triggers'
import type { Reply } from './reply'
import type { SignedRequest } from './tellers/signed_request'
import { prove, readTold, type WebTeller } from './tellers/tellers'

export interface Hook {
  repository: string
  kind: WebTeller
  header: SignedRequest['header']
  now: number
}

/** One reply for a wrong signature, a repository that is not known, and a trigger that it does not have. */
export const NOT_PROVEN: Reply = {
  status: 403,
  body: { error: 'there is no such trigger, or this request does not prove that it may use it' },
}

/** The replies to bodies that have not come whole. */
export const NOT_READ = {
  'too long': { status: 413, body: { error: 'the body is longer than 25 MB' } },
  'too many': { status: 503, body: { error: 'too much is told at once; tell it again' }, retryAfterS: 10 },
  'cut off': { status: 400, body: { error: 'the body has not come whole' } },
} as const satisfies Record<Extract<Body, { refused: string }>['refused'], Reply>

/**
 * Takes what a hook tells: proof first, then JSON, then its shape. The push is on disk before the reply says so.
 * @throws LockstepError `journal-failed`: the push is not taken
 */
export async function takeHook(
  { repository, kind, header, now }: Hook,
  body: Body,
  triggers: HookTriggers,
  receiver: Pick<Receiver, 'receive'>,
): Promise<Reply> {
  if ('refused' in body) return NOT_READ[body.refused]
  const proof = prove(triggers.of(repository, kind), { header, body: body.bytes, now })
  if (proof === undefined) return NOT_PROVEN
  const json = parseJson(body.bytes)
  if (json === undefined)
    return unreadable('is no JSON: choose application/json as the content type of the webhook')
  const reading = readTold(kind, header, json.value, repository)
  if ('fault' in reading) return unreadable(reading.fault)
  if ('nothing' in reading) return { status: 200, body: { nothing: `nothing starts: ${reading.nothing}` } }
  const push = { ...reading.push, repository }
  const { delivery, isNew } = await receiver.receive({ push, teller: kind, sameness: proof.sameness })
  const fate = `/deliveries/${delivery}`
  return { status: 202, body: { delivery, isNew, fate }, location: fate }
}

export function unreadable(fault: string): Reply {
  return { status: 422, body: { error: `nothing is taken: the body ${fault}` } }
}

export function parseJson(bytes: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(bytes.toString('utf8')) as unknown }
  } catch {
    return undefined
  }
}
