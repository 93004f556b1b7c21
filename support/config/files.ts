import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import { closeSync, readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { LockstepError } from '../system/errors'
import { openRegularFile } from '../system/regular_file'

const MAX_BYTES = 16 * 1024 * 1024

/** Reads a text file that configuration needs. `what` and `where` make the sentence of an error. */
export function readConfigFile(path: string, what: string, where: string): string {
  try {
    const { fd, size } = openRegularFile(path)
    try {
      if (size > MAX_BYTES) throw new Error(`it has ${size} bytes; at most ${MAX_BYTES} are read`)
      return readFileSync(fd, 'utf8').replace(/^\uFEFF/, '')
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    throw new LockstepError('bad-config', `${where}: the ${what} ${path} cannot be read: ${reason(error)}`, {
      cause: error,
    })
  }
}

export function readPrivateKey(path: string, where: string): KeyObject {
  return parseKey('private key', path, where, createPrivateKey)
}

export function readPublicKey(path: string, where: string): KeyObject {
  return parseKey('public key', path, where, createPublicKey)
}

/** Returns the callerid of a public key's owner: the name in the certificate, or else the name of the file. */
export function calleridOf(path: string, where: string): string {
  const pem = readConfigFile(path, 'public key', where)
  const [, name] =
    (pem.includes('CERTIFICATE') && /^CN=([\w.-]+)/m.exec(new X509Certificate(pem).subject)) || []
  return `cert=${name ?? basename(path).replace(/\.pem$/, '')}`
}

export function isReadableByAll(path: string): boolean {
  return (statSync(path).mode & 0o004) !== 0
}

function parseKey(what: string, path: string, where: string, parse: (pem: string) => KeyObject): KeyObject {
  const pem = readConfigFile(path, what, where)
  try {
    return parse(pem)
  } catch (error) {
    const hint = pem.includes('ENCRYPTED')
      ? 'it is encrypted; give one that has no passphrase'
      : 'expected PEM text'
    throw new LockstepError('bad-config', `${where}: ${path} holds no ${what} that can be used: ${hint}`, {
      cause: error,
    })
  }
}

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES') return 'permission is denied'
  if (code === 'EISDIR') return 'it is a folder'
  return (error as Error).message
}
