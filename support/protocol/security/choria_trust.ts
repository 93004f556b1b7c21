import { createHash, X509Certificate, type KeyObject } from 'node:crypto'
import { matchesText } from '../filter'
import { Patterns } from '../patterns'
import { excerpt, Refusal } from '../refusal'

export interface ChoriaTrust {
  /** The certificates of the authorities that may have issued a caller's certificate, PEM texts. */
  ca: readonly string[]
  /** The names of certificates that may ask, each a text or a `/pattern/`; a host's own certificate is none of them. */
  callers: readonly string[]
  /** The names of certificates that may ask in the name of others. */
  privileged: readonly string[]
  /** Returns the time, ms since 1970. */
  now: () => number
}

/** A certificate that a known authority has issued, and that is valid now. */
export interface TrustedCaller {
  name: string
  publicKey: KeyObject
}

const MAX_PEM = 64 * 1024
const MIN_RSA_BITS = 2048
/** Certificates whose issuer is looked for once only. */
const MAX_REMEMBERED = 200

/**
 * Returns what checks the certificates of callers. Each request brings its own; none is kept from an earlier request,
 * so that a certificate that was issued anew counts at once.
 */
export function certificateCheck({
  ca,
  now,
}: Pick<ChoriaTrust, 'ca' | 'now'>): (pem: string) => TrustedCaller {
  const authorities = ca.flatMap(certificatesIn).map((pem) => new X509Certificate(pem))
  const remembered = new Map<string, Issued>()
  return (pem) => {
    if (pem.length > MAX_PEM) throw new Refusal('too-large', `a certificate of ${pem.length} bytes`)
    const key = createHash('sha256').update(pem).digest('base64')
    const known = remembered.get(key) ?? readIssued(pem, authorities)
    if (!remembered.has(key) && remembered.size >= MAX_REMEMBERED) remembered.clear()
    remembered.set(key, known)
    expectValid(known.certificate, `the certificate of ${known.name}`, now())
    expectValid(known.issuer, `the authority of ${known.name}’s certificate`, now())
    return known
  }
}

/**
 * Expects a caller to be the owner of a certificate.
 * @throws Refusal `bad-signature` for a name that may not ask, or that asks in the name of another
 */
export function expectCaller(
  callerid: string,
  { name }: TrustedCaller,
  { callers, privileged }: Pick<ChoriaTrust, 'callers' | 'privileged'>,
): void {
  const fits = (wanted: readonly string[]) => {
    const patterns = new Patterns()
    return wanted.some((each) => matchesText(each, name, patterns))
  }
  if (fits(privileged)) {
    if (callerid.startsWith('choria=')) return
    throw new Refusal('bad-signature', `the caller ${callerid} is none of Choria’s`)
  }
  if (callerid !== `choria=${name}`)
    throw new Refusal('bad-signature', `the certificate of ${name} was used in the name of ${callerid}`)
  if (!fits(callers))
    throw new Refusal('bad-signature', `the certificate of ${name} is none of those that may ask`)
}

/**
 * Returns the name of a certificate: its only common name.
 * @throws Refusal `bad-signature`
 */
export function nameOf(certificate: X509Certificate): string {
  const { CN: name } = certificate.toLegacyObject().subject as { CN?: string | string[] }
  if (typeof name !== 'string' || !/^[\w.-]{1,255}$/.test(name))
    throw new Refusal('bad-signature', 'a certificate without one common name of letters, digits, . - and _')
  return name
}

/** Returns each certificate of a PEM text, as text. */
export function certificatesIn(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
}

interface Issued extends TrustedCaller {
  certificate: X509Certificate
  issuer: X509Certificate
}

function readIssued(pem: string, authorities: readonly X509Certificate[]): Issued {
  const certificate = parse(pem)
  const name = nameOf(certificate)
  // Certificates that a request brings along are not believed to be authorities: those are in the host's own file.
  const issuer = authorities.find(
    (each) => each.ca && certificate.checkIssued(each) && certificate.verify(each.publicKey),
  )
  if (issuer === undefined)
    throw new Refusal('bad-signature', `no known authority has issued the certificate of ${name}`)
  const { publicKey } = certificate
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0
  if (publicKey.asymmetricKeyType !== 'rsa' || bits < MIN_RSA_BITS)
    throw new Refusal(
      'bad-signature',
      `the certificate of ${name} has no RSA key of ${MIN_RSA_BITS} bits or more`,
    )
  return { name, publicKey, certificate, issuer }
}

function parse(pem: string): X509Certificate {
  const [first] = certificatesIn(pem)
  try {
    if (first !== undefined) return new X509Certificate(first)
  } catch {
    // What OpenSSL says of it helps no reader.
  }
  throw new Refusal('bad-envelope', `a certificate that cannot be read: ${JSON.stringify(excerpt(pem, 40))}`)
}

function expectValid(certificate: X509Certificate, what: string, now: number): void {
  if (Date.parse(certificate.validTo) < now)
    throw new Refusal('expired', `${what} was valid until ${certificate.validTo}`)
  if (Date.parse(certificate.validFrom) > now)
    throw new Refusal('from-the-future', `${what} is valid from ${certificate.validFrom}`)
}
