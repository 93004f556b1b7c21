import * as v from 'valibot'
import type { Trigger } from '../../config/pipeline_setting'
import { isSameText, type Proof, type SignedRequest } from './signed_request'
import { looksSignedByStandard, proveStandardWebhook } from './standard_webhook'
import { changeOf, noPush, shownName, toldChange, type Reading } from './told'

export type GitlabTrigger = Extract<Trigger, { kind: 'gitlab' }>

const kind = v.object({ object_kind: v.string() })
const pushed = v.object({ ...toldChange, user_username: v.optional(v.nullable(v.string())) })

/** The kinds of body that tell of a push. GitLab's Test button sends a body of `push` for tags as well. */
const PUSHES = ['push', 'tag_push']

export function looksLikeGitlab(header: SignedRequest['header']): boolean {
  return header('x-gitlab-token') !== undefined || looksSignedByStandard(header)
}

/**
 * Returns the proof of a request of GitLab: its signature, or, where no signing key is configured, the token that it
 * carries. A token is no signature: who has seen one request can send any other.
 */
export function proveGitlab(request: SignedRequest, { token, signingKey }: GitlabTrigger): Proof {
  if (signingKey !== undefined) return proveStandardWebhook(request, signingKey)
  const { header, body } = request
  if (token === undefined || !isSameText(header('x-gitlab-token') ?? '', token)) return undefined
  // A body says not when it was pushed: a branch that goes back and forth has the same one again.
  const id = header('idempotency-key') ?? header('x-gitlab-event-uuid') ?? ''
  return { sameness: Buffer.concat([Buffer.from(`${id}\n`), body]) }
}

/** Reads a body. Its kind stands inside, where a signature covers it. */
export function readGitlab(body: unknown): Reading {
  const event = v.safeParse(kind, body)
  if (!event.success) return { fault: 'has no object_kind' }
  if (!PUSHES.includes(event.output.object_kind)) return noPush(event.output.object_kind)
  const parsed = v.safeParse(pushed, body)
  if (!parsed.success) return { fault: 'is no push: expected ref, before and after, as git writes them' }
  const { user_username: by, ...change } = parsed.output
  return { push: { by: shownName(by ?? undefined), changes: [changeOf(change)] } }
}
