import { createPrivateKey, X509Certificate } from 'node:crypto'
import { certificatesIn, nameOf } from '../protocol/security/choria_trust'
import type { BrokerTls } from '../connectors/stomp/broker'
import { LockstepError } from '../system/errors'
import type { ChoriaSettings } from './environment'
import { readTlsFiles } from './tls_files'

/** The paths of the three files that Choria needs, for requests and for TLS alike. */
export interface ChoriaPaths {
  certificate: string
  key: string
  ca: string
}

/**
 * Reads the files of a member of a Choria fleet. Its name is that of its certificate.
 * @throws LockstepError `bad-config` naming the file, and the place in the configuration that names it
 */
export function readChoriaFiles(
  { certificate: path, key, ca }: ChoriaPaths,
  where: string,
): { security: ChoriaSettings; tls: BrokerTls; name: string; warnings: string[] } {
  const read = readTlsFiles({ ca: [ca], cert: path, key }, where)
  const { cert: certificate = '', key: pem = '' } = read
  const [own = certificate] = certificatesIn(certificate)
  const parsed = new X509Certificate(own)
  const name = nameIn(parsed, path, where)
  const privateKey = createPrivateKey(pem)
  if (privateKey.asymmetricKeyType !== 'rsa')
    throw new LockstepError(
      'bad-config',
      `${where}: ${key} is no RSA key: Choria signs with RSA; nothing was sent`,
    )
  const warnings = expiryWarning(parsed, path)
  return {
    security: { provider: 'choria', callerid: `choria=${name}`, certificate: own, privateKey },
    tls: { ...read, verify: true },
    name,
    warnings,
  }
}

/** Returns what a client should know before its hosts stay silent. */
export function callerWarnings(name: string): string[] {
  if (name.endsWith('.mcollective')) return []
  return [
    `the certificate is for ${name}, and hosts take requests of names that end with .mcollective, unless their plugin.choria.security.certname_whitelist has another`,
  ]
}

/** Days before the end of a certificate from which on it is told: a month. */
const ENDS_SOON_DAYS = 30

function expiryWarning(certificate: X509Certificate, path: string): string[] {
  const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000
  return days > ENDS_SOON_DAYS ? [] : [`the certificate ${path} expires on ${certificate.validTo}`]
}

function nameIn(certificate: X509Certificate, path: string, where: string): string {
  try {
    return nameOf(certificate)
  } catch (error) {
    throw new LockstepError(
      'bad-config',
      `${where}: ${path} has no name that Choria knows: expected one common name of letters, digits, . - and _`,
      { cause: error },
    )
  }
}
