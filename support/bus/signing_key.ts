import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { formatPublicKey, idOfKey } from '../config/signing_keys'
import { LockstepError } from '../system/errors'
import { makeFolder } from '../system/folders'
import { readRegularFile } from '../system/regular_file'

/** The key that signs the messages of the bus. */
export interface SigningKey {
  /** The first 16 hex digits of the SHA-256 of the public key in its DER form (SPKI). */
  readonly id: string
  /** The public half as one line, for configurations. */
  readonly publicKey: string
  /** Returns the Ed25519 signature of exactly these bytes, in base64. */
  sign(bytes: Buffer): string
}

/** Returns the folder of the bus below the folder of the state. */
export function busFolderIn(state: string): string {
  return join(state, 'pipeline', 'bus')
}

/**
 * Opens the key of a state folder, and makes it where there is none.
 * @throws LockstepError `bad-config` for one that is no key, or that others may read
 */
export function openSigningKey(state: string): SigningKey {
  const path = keyPathIn(state)
  if (!existsSync(path)) makeKey(path)
  const key = readKey(path)
  const publicKey = createPublicKey(key)
  return {
    id: idOfKey(publicKey),
    publicKey: formatPublicKey(publicKey),
    sign: (bytes) => sign(null, bytes, key).toString('base64'),
  }
}

/**
 * Returns the public key of a state folder in PEM; undefined where there is none yet.
 * @throws LockstepError `bad-config` for one that is no key, or that others may read
 */
export function readPublicKey(state: string): string | undefined {
  const path = keyPathIn(state)
  if (!existsSync(path)) return undefined
  return createPublicKey(readKey(path)).export({ type: 'spki', format: 'pem' }).toString()
}

function keyPathIn(state: string): string {
  return join(busFolderIn(state), 'signing.key')
}

/** A key is there whole or not at all: half of one would stop every later start. */
function makeKey(path: string): void {
  makeFolder(dirname(path), 0o700)
  const { privateKey } = generateKeyPairSync('ed25519')
  const beside = `${path}.${process.pid}.new`
  rmSync(beside, { force: true })
  const file = openSync(beside, 'wx', 0o600)
  try {
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  chmodSync(beside, 0o600)
  renameSync(beside, path)
}

function readKey(path: string): KeyObject {
  const refuse = (why: string) => new LockstepError('bad-config', `the key of the bus ${path} ${why}`)
  if ((statSync(path).mode & 0o077) !== 0)
    throw refuse(`may be used by others than its owner; say: chmod 600 ${path}`)
  let key: KeyObject
  try {
    key = createPrivateKey(readRegularFile(path))
  } catch (error) {
    throw refuse(
      `cannot be read: ${(error as Error).message}; put it back, or remove it so that a new one is made, which readers of the bus have to be given`,
    )
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw refuse(`is of the kind ${key.asymmetricKeyType}; expected ed25519`)
  return key
}
