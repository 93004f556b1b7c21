import * as openid from 'openid-client'
import type { LoginFault } from './login_fault'

/** A provider that cannot be used, in our own words. */
export class ProviderError extends Error {}

/**
 * Returns a login that did not come about in a sentence. What a provider or a browser has sent is in no part of it, but for
 * codes that OAuth knows.
 */
export function explainFailure(error: unknown): LoginFault {
  if (error instanceof openid.AuthorizationResponseError) return explainAnswer(codeOf(error.error))
  if (error instanceof openid.ResponseBodyError) return explainTokens(codeOf(error.error))
  const unfit = chainOf(error).find((each) => each instanceof ProviderError)
  if (unfit !== undefined) return unusable(unfit.message)
  const { code, words } = factsOf(error)
  const why = /\("?iss"?\)|"iss"/.test(words)
    ? OTHER_PROVIDER
    : words.includes('signature')
      ? SENTENCES['OAUTH_KEY_SELECTION_FAILED']
      : SENTENCES[code]
  const detail = `${code}: ${words}`
  if (why !== undefined) return { status: 403, why, detail }
  const reason = reasonOf(error)
  if (reason === undefined) return unusable(detail)
  return {
    status: 503,
    why: 'the provider does not answer at this moment',
    detail: `the provider does not answer: ${reason}`,
  }
}

/** Returns why a provider cannot say where a login begins: that is no fault of the person. */
export function explainDiscovery(error: unknown): LoginFault {
  const fault = explainFailure(error)
  return fault.status === 403 ? unusable(fault.detail) : fault
}

const OTHER_PROVIDER = 'the answer is one of another provider'

/** Sentences on an answer that is not as it has to be, by the code of the library. */
const SENTENCES: Readonly<Record<string, string>> = {
  OAUTH_INVALID_RESPONSE: 'the answer of the provider is not one to this login',
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED:
    'the answer of the provider has expired, or its clock and the one of lockstep serve differ',
  OAUTH_JWT_CLAIM_COMPARISON_FAILED: 'the answer of the provider is for another login, or another console',
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: 'the answers of the provider are of two people, or two providers',
  OAUTH_KEY_SELECTION_FAILED: 'the answer of the provider is signed with a key that is not its own',
  OAUTH_UNSUPPORTED_OPERATION: 'the answer of the provider is signed in a way that is not known',
}

function explainAnswer(code: string): LoginFault {
  const detail = `the provider answers ${code}`
  if (code === 'access_denied')
    return { status: 403, why: 'the provider, or the person there, has refused the login', detail }
  if (code === 'temporarily_unavailable' || code === 'server_error')
    return { status: 503, why: 'the provider cannot log anybody in at this moment', detail }
  return { status: 403, why: 'the provider has refused the login', detail }
}

function explainTokens(code: string): LoginFault {
  const detail = `the provider answers ${code} to the code of a login`
  return code === 'invalid_grant'
    ? { status: 403, why: 'the provider does not know this login, or it was finished before', detail }
    : unusable(detail)
}

function unusable(detail: string): LoginFault {
  return {
    status: 502,
    why: 'the provider gives no answer that can be used; the log of lockstep serve says why',
    detail,
  }
}

/** Returns an error of OAuth as it is, and any other text as that. */
function codeOf(error: string): string {
  return CODES.has(error) ? error : 'an error of its own'
}

const CODES = new Set(
  (
    'access_denied temporarily_unavailable server_error invalid_request invalid_scope unauthorized_client ' +
    'unsupported_response_type login_required consent_required interaction_required ' +
    'account_selection_required invalid_grant invalid_client unsupported_grant_type'
  ).split(' '),
)

/** Returns the code of an error of the library, and its words, which have nothing of an answer in them. */
function factsOf(error: unknown): { code: string; words: string } {
  const chain = chainOf(error)
  const codes = chain.flatMap((each) => (typeof each.code === 'string' ? [each.code] : []))
  const words = chain.flatMap(({ name, message }) => (name === 'OperationProcessingError' ? [message] : []))
  return {
    code: codes.find((each) => /^OAUTH_[A-Z_]+$/.test(each)) ?? 'no code',
    words: words[0] ?? 'no more is known',
  }
}

/** Returns why no connection came about, or took too long; undefined where it did. */
function reasonOf(error: unknown): string | undefined {
  for (const { code, name } of chainOf(error)) {
    if (name === 'TimeoutError' || code === 'OAUTH_TIMEOUT') return 'it takes too long'
    if (typeof code === 'string' && NO_CONNECTION.test(code)) return code
  }
  return undefined
}

/** Codes of Node, of its client for HTTP, and of OpenSSL. */
const NO_CONNECTION = /^(?:E[A-Z]{3,}|UND_ERR_[A-Z_]+|(?:[A-Z]+_)*(?:CERT|SIGNATURE)[A-Z_]*)$/

function chainOf(error: unknown): { code?: unknown; name: string; message: string }[] {
  const chain = []
  for (let at = error; at instanceof Error && chain.length < 10; at = at.cause) chain.push(at)
  return chain
}
