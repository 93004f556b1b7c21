import type { KeyObject } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { decryptEyaml, expectPair, eyamlPrivateKey, isEncrypted } from './eyaml'
import { isReadableByAll, readConfigFile } from './files'
import { allowKnownKeys } from './known_keys'
import type { ProcessContext } from './mcollective_cfg'
import type { YamlPlaces } from './yaml_file'

const variable = v.pipe(v.string(), v.regex(/^[\w.-]+$/, 'the name of an environment variable'))
const path = v.pipe(v.string(), v.minLength(1, 'a path'))
const encrypted = v.pipe(v.string(), v.check(isEncrypted, 'ENC[PKCS7,…] as eyaml writes it'))

/** The schemas of the places where a secret can be. */
export const SECRET_PLACES = [
  allowKnownKeys({ env: variable }),
  allowKnownKeys({ file: path }),
  allowKnownKeys({ eyaml: encrypted }),
] as const
export const PLACES = '{env: NAME}, {file: path} or {eyaml: "ENC[PKCS7,…]"}'

/**
 * The schema of a secret's place. A value that eyaml has encrypted may also stand by itself, as in eyaml's own files.
 */
export const secret = v.pipe(
  unwritten(`where the secret is: ${PLACES}`),
  v.union([...SECRET_PLACES, encrypted], `where the secret is: ${PLACES}`),
)

/** Returns a schema that accepts anything but plain text. An error does not repeat a secret that was written out. */
export function unwritten(expected: string) {
  return v.pipe(
    v.unknown(),
    v.rawCheck(({ dataset: { value }, addIssue }) => {
      if (typeof value === 'string' && !isEncrypted(value))
        addIssue({ received: 'written out', message: expected })
    }),
  )
}

export const eyaml = allowKnownKeys({
  private_key: v.union([path, allowKnownKeys({ env: variable })], 'a path, or {env: NAME} with the PEM text'),
  public_key: v.optional(path),
})

export type SecretSetting = v.InferOutput<typeof secret>
/** Reads a secret below a part of the configuration; `what` is its name in a sentence, `keys` lead to it. */
export type ReadSecret = (from: SecretSetting, what: string, ...keys: (string | number)[]) => string
type EyamlSettings = v.InferOutput<typeof eyaml>

/**
 * A reader of the secrets of one file. It reads each only when it is asked for, and eyaml's key with the first that
 * needs it.
 */
export class SecretReader {
  /** Warnings for an operator about the places of the secrets. */
  readonly warnings: string[] = []
  /** The files that secrets were read from. */
  readonly files: string[] = []
  private key: KeyObject | undefined

  constructor(
    private readonly places: YamlPlaces,
    private readonly eyaml: EyamlSettings | undefined,
    private readonly env: ProcessContext['env'],
  ) {}

  /**
   * Reads a secret. `keys` leads to the setting with the value `from`; `what` is its name in a sentence.
   * @throws LockstepError `bad-config`
   */
  read(from: SecretSetting, what: string, keys: readonly (string | number)[]): string {
    const where = this.places.where(keys)
    if (typeof from === 'string') return this.decrypted(from, what, where)
    if ('eyaml' in from) return this.decrypted(from.eyaml, what, where)
    return 'env' in from ? this.fromEnv(from.env, what, where) : this.fromFile(from.file, what, where)
  }

  private fromEnv(name: string, what: string, where: string): string {
    const value = this.env[name]
    if (value !== undefined && value !== '') return value
    throw new LockstepError('bad-config', `${where}: the ${what} is to come from ${name}, which is not set`)
  }

  private fromFile(name: string, what: string, where: string): string {
    const file = this.at(name)
    const value = readConfigFile(file, what, where).replace(/\r?\n$/, '')
    if (value === '') throw new LockstepError('bad-config', `${where}: the ${what} file ${file} is empty`)
    this.files.push(file)
    this.warnOf(file)
    return value
  }

  private decrypted(text: string, what: string, where: string): string {
    this.key ??= this.readKey(what, where)
    const value = decryptEyaml(text, `${where}: the ${what}`, this.key)
    if (value === '') throw new LockstepError('bad-config', `${where}: the ${what} is encrypted, and empty`)
    return value
  }

  private readKey(what: string, where: string): KeyObject {
    if (this.eyaml === undefined) {
      throw new LockstepError(
        'bad-config',
        `${where}: the ${what} is encrypted, and nothing says with which key; write at the top: eyaml: { private_key: keys/private_key.pkcs7.pem, public_key: keys/public_key.pkcs7.pem }`,
      )
    }
    const { private_key: from, public_key: certificate } = this.eyaml
    const at = this.places.where(['eyaml', 'private_key'])
    const read = typeof from === 'string' ? { file: from } : from
    const pem = this.read(read, 'private key of eyaml', ['eyaml', 'private_key'])
    const key = eyamlPrivateKey(pem, `${at}: ${typeof from === 'string' ? this.at(from) : from.env}`)
    if (certificate !== undefined) {
      const where = this.places.where(['eyaml', 'public_key'])
      const file = this.at(certificate)
      expectPair(key, readConfigFile(file, 'public key of eyaml', where), `${where}: ${file}`)
    }
    return key
  }

  private warnOf(file: string): void {
    const warning = `${file} holds a secret and everybody can read it; chmod 600 it`
    if (isReadableByAll(file) && !this.warnings.includes(warning)) this.warnings.push(warning)
  }

  private at(relative: string): string {
    return resolve(dirname(this.places.path), relative)
  }
}
