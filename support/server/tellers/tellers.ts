import type { Trigger } from '../../config/pipeline_setting'
import { looksLikeGitlab, proveGitlab, readGitlab } from './gitlab'
import { looksSigned, proveBody, type HexSignature } from './hex_signature'
import { readOwnForm } from './own_form'
import { readPushEvent } from './push_event'
import type { Proof, SignedRequest } from './signed_request'
import type { Reading } from './told'

/** A trigger that is told over HTTP. */
export type WebTrigger = Exclude<Trigger, { kind: 'hook' }>
export type WebTeller = WebTrigger['kind']

/** The headers of each signature. Forgejo sends those of Gitea beside its own. Source: the documentation of each. */
const SIGNATURES: Readonly<Record<Exclude<WebTeller, 'gitlab'>, HexSignature>> = {
  github: { headers: ['x-hub-signature-256'], prefix: 'sha256=' },
  gitea: { headers: ['x-gitea-signature', 'x-forgejo-signature'], prefix: '' },
  hmac: { headers: ['x-lockstep-signature'], prefix: 'sha256=' },
}

export function isWebTeller(kind: string): kind is WebTeller {
  return kind === 'gitlab' || Object.hasOwn(SIGNATURES, kind)
}

/** Returns whether a request has what could be a proof. One that has not is refused before its body is read. */
export function looksProven(kind: WebTeller, header: SignedRequest['header']): boolean {
  return kind === 'gitlab' ? looksLikeGitlab(header) : looksSigned(header, SIGNATURES[kind])
}

/** Returns the proof that a request comes from somebody who has the secret of the trigger. */
export function prove(trigger: WebTrigger, request: SignedRequest): Proof {
  return trigger.kind === 'gitlab'
    ? proveGitlab(request, trigger)
    : proveBody(request, trigger.secret, SIGNATURES[trigger.kind])
}

/** Reads what a proven body says. The repository is the one of the path: no body can name another. */
export function readTold(
  kind: WebTeller,
  header: SignedRequest['header'],
  body: unknown,
  repository: string,
): Reading {
  switch (kind) {
    case 'github':
      return readPushEvent(header('x-github-event'), body)
    case 'gitea':
      return readPushEvent(header('x-gitea-event') ?? header('x-forgejo-event'), body)
    case 'gitlab':
      return readGitlab(body)
    case 'hmac':
      return readOwnForm(body, repository)
  }
}
