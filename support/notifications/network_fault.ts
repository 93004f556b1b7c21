import { DeliveryError } from './channel'

const CERTIFICATES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another name than was asked for',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is signed by itself; name it with ca:',
  SELF_SIGNED_CERT_IN_CHAIN: 'comes from an authority that is not trusted here; name that one with ca:',
  UNABLE_TO_GET_ISSUER_CERT: 'comes from an authority that is not trusted here; name that one with ca:',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'comes from an authority that is not trusted here; name that one with ca:',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'comes from an authority that is not trusted here; name that one with ca:',
}

const PLACES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'cannot be reached: nobody listens there',
  ENOTFOUND: 'cannot be reached: there is no such host',
  EAI_AGAIN: 'cannot be reached: its name could not be looked up',
  EHOSTUNREACH: 'cannot be reached: there is no way to that host',
  ENETUNREACH: 'cannot be reached: there is no way to that network',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
}

/** Describes a network error without what was sent or where to: error messages may hold a whole address. */
export function networkFault(error: unknown): DeliveryError {
  const code = codeOf(error)
  const certificate = CERTIFICATES[code]
  if (certificate !== undefined) return new DeliveryError(`its certificate ${certificate}`, false)
  if (/^(ERR_(SSL|TLS)|EPROTO|HPE_)/.test(code))
    return new DeliveryError(`does not speak as it should (${code})`, false)
  return new DeliveryError(PLACES[code] ?? `cannot be reached${code === '' ? '' : ` (${code})`}`, true)
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}
