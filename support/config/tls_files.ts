import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { BrokerTls } from '../connectors/stomp/broker'
import { LockstepError } from '../system/errors'
import { readConfigFile } from './files'

/** Paths of PEM files for one broker; `where` is the place in the configuration that names them. */
export interface TlsPaths {
  ca: readonly string[] | undefined
  cert: string | undefined
  key: string | undefined
}

/**
 * Reads the texts of the files and expects TLS to be able to use them.
 * @throws LockstepError `bad-config` naming the file that is no certificate, no key, or the key of another certificate
 */
export function readTlsFiles({ ca, cert, key }: TlsPaths, where: string): Omit<BrokerTls, 'verify'> {
  const authorities = ca?.map((path) => readCertificates(path, 'CA certificate', where))
  const own = cert === undefined ? undefined : readCertificates(cert, 'client certificate', where)
  const secret = key === undefined ? undefined : readKey(key, where)
  if (cert !== undefined && own !== undefined && key !== undefined && secret !== undefined)
    expectPair({ cert, own, key, secret }, where)
  return {
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(own === undefined ? {} : { cert: own }),
    ...(secret === undefined ? {} : { key: secret }),
  }
}

/** Reads one or more certificates in one file, the form of `ca` bundles. */
function readCertificates(path: string, what: string, where: string): string {
  const pem = readConfigFile(path, what, where)
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw fault(where, path, `holds no ${what}: expected PEM text`)
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block)
    } catch (error) {
      throw fault(where, path, `holds no ${what} that can be used: number ${index + 1} is damaged`, error)
    }
  }
  return pem
}

function readKey(path: string, where: string): string {
  const pem = readConfigFile(path, 'client key', where)
  try {
    createPrivateKey(pem)
    return pem
  } catch (error) {
    const hint = pem.includes('ENCRYPTED')
      ? 'it is encrypted; give one that has no passphrase'
      : 'expected PEM text'
    throw fault(where, path, `holds no client key that can be used: ${hint}`, error)
  }
}

function expectPair(
  { cert, own, key, secret }: { cert: string; own: string; key: string; secret: string },
  where: string,
): void {
  const certificate = new X509Certificate(own)
  if (!certificate.checkPrivateKey(createPrivateKey(secret)))
    throw fault(where, key, `is the key of another certificate than ${cert}`)
  if (Date.parse(certificate.validTo) < Date.now())
    throw fault(where, cert, `has expired: the client certificate was valid until ${certificate.validTo}`)
}

function fault(where: string, path: string, what: string, cause?: unknown): LockstepError {
  return new LockstepError('bad-config', `${where}: ${path} ${what}; nothing was sent`, { cause })
}
