import { errors } from '@nats-io/transport-node'
import { LockstepError } from '../../system/errors'
import { excerpt, type Redact } from '../../system/redaction'

/**
 * Returns the sentence for a failure of a connection to a NATS server, by what the library, TLS or the server said. A
 * server may close at once in place of saying that it does not take a certificate, so `showsCertificate` asks for it.
 */
export function explainFailure(
  error: unknown,
  { name, redact, showsCertificate = false }: { name: string; redact: Redact; showsCertificate?: boolean },
): LockstepError {
  if (error instanceof LockstepError) return error
  const cause = rootOf(error)
  const refusal = refusalOf(cause)
  if (refusal !== undefined)
    return new LockstepError('broker-refused', `the broker ${name} refused this connection: ${refusal}`, {
      cause,
    })
  if (showsCertificate && (cause.message === CLOSED || /^(ECONNRESET|EPIPE)$/.test(cause.code ?? '')))
    return new LockstepError(
      'broker-unreachable',
      `the broker ${name} closed the connection at once; does it accept the certificate of this side?`,
      { cause },
    )
  const why = known(cause) ?? firstLine(redact(cause.message) || cause.name)
  return new LockstepError('broker-unreachable', `the broker ${name} cannot be used: ${why}`, { cause })
}

export function firstLine(text: string): string {
  return excerpt((text.split('\n')[0] ?? '').replace(/\p{Cc}/gu, ' '), 200)
}

type Coded = Error & { code?: string }

function rootOf(error: unknown): Coded {
  if (!(error instanceof Error)) return new Error(typeof error === 'string' ? error : CLOSED)
  return error.cause instanceof Error ? rootOf(error.cause) : error
}

export const CLOSED = 'the broker closed the connection'

function refusalOf(error: Coded): string | undefined {
  if (error instanceof errors.UserAuthenticationExpiredError) return 'the login has expired'
  if (error instanceof errors.AuthorizationError)
    return 'it knows no user of this name, password or certificate (authorization violation)'
  // The alerts of TLS by which a server says no to the certificate that it was shown.
  const alert = /ALERT_(\w+)$/.exec(error.code ?? '')?.[1]
  switch (alert) {
    case 'UNKNOWN_CA':
    case 'BAD_CERTIFICATE':
    case 'CERTIFICATE_UNKNOWN':
      return 'it does not accept the certificate of this side; has an authority that it knows issued it, and is it still valid?'
    case 'CERTIFICATE_EXPIRED':
      return 'the certificate of this side has expired'
    case 'CERTIFICATE_REQUIRED':
    case 'HANDSHAKE_FAILURE':
      return 'it wants a certificate, and got none that it can use'
    default:
      return undefined
  }
}

function known(error: Coded): string | undefined {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (connection refused)'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name cannot be resolved'
    case 'EMFILE':
      return 'this process has no file descriptors left; raise `ulimit -n`'
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired'
    case 'CERT_NOT_YET_VALID':
      return 'its certificate is not valid yet'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'its certificate is for another name'
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'no authority of the file `ca` has issued its certificate'
    default:
      return undefined
  }
}
