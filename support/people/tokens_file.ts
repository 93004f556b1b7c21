import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { chownSync, lstatSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { makeFolder } from '../system/folders'
import { readRegularFile } from '../system/regular_file'
import { writeWhole } from '../system/whole_file'
import { identityOf } from './file_identity'
import { isName } from './names'
import { stampOf, type People } from './people_file'
import { ACTS, type Person } from './person'

/** The beginning of every token, by which scanners for secrets know one. */
const PREFIX = 'lockstep_'
const SECRET_BYTES = 32
const TOKEN = /^lockstep_[\w-]{43}$/
/** The most tokens of a file. */
const MAX_TOKENS = 1_000
const MAX_BYTES = 2_000_000

const name = v.pipe(v.string(), v.check(isName))
const moment = v.pipe(v.number(), v.integer(), v.minValue(0))
const tokenShape = v.strictObject({
  person: name,
  name,
  /** The SHA-256 of the token, in hexadecimal. */
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  acts: v.array(v.picklist(ACTS)),
  /** The environments that it is for; null for each that there is. */
  environments: v.nullable(v.array(v.string())),
  /** The groups of a person whom a proxy names; null for a person of the file, who has theirs there. */
  groups: v.nullable(v.array(name)),
  /** A text that changes with the password of its person; null for a person whom a proxy names. */
  stamp: v.nullable(v.string()),
  madeAt: moment,
  expiresAt: moment,
})
const shape = v.strictObject({ version: v.literal(1), tokens: v.array(tokenShape) })

/** A token as the file has it, from which no one can make the token itself. */
export type KnownToken = Readonly<v.InferOutput<typeof tokenShape>>

/** Returns the path of the tokens of a state folder. */
export function tokensIn(state: string): string {
  return join(state, 'console', 'tokens.json')
}

/**
 * Reads the tokens of a file that its owner alone may read and write. Without a file, there are none.
 * @throws LockstepError `bad-config`
 */
export function readTokens(path: string): readonly KnownToken[] {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return []
  const refuse = (why: string) => new LockstepError('bad-config', `${path}: ${why}`)
  if (!stats.isFile()) throw refuse('it is no file; expected the tokens that lockstep user writes')
  if ((stats.mode & 0o077) !== 0)
    throw refuse(
      `others than its owner may read or write it, and it says who may act; say: chmod 600 ${path}`,
    )
  const own = process.geteuid?.()
  if (own !== undefined && own !== 0 && stats.uid !== own)
    throw refuse('it is of another user; expected the user that lockstep serve runs as')
  if (stats.size > MAX_BYTES) throw refuse(`it is longer than ${MAX_BYTES} bytes`)
  const read = v.safeParse(shape, parse(readRegularFile(path).toString('utf8')))
  if (!read.success)
    throw refuse('it is not what lockstep user has written; move it away, and make the tokens anew')
  return read.output.tokens
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Returns a new token. It is shown once; the file has its hash. */
export function newToken(): { token: string; hash: string } {
  const token = `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`
  return { token, hash: hashOf(token) }
}

/** Returns the token that was sent, where it is one that is known; each is compared in the same time. */
export function findToken(tokens: readonly KnownToken[], sent: string): KnownToken | undefined {
  if (!TOKEN.test(sent)) return undefined
  const hash = Buffer.from(hashOf(sent), 'hex')
  let found: KnownToken | undefined
  for (const token of tokens) if (timingSafeEqual(Buffer.from(token.hash, 'hex'), hash)) found = token
  return found
}

/**
 * Returns the person of a token, as they are now; undefined for a token that is over: by its date, because its person has
 * gone or has another password, or because people are named in another way since. `people` is undefined where a proxy names them.
 */
export function personOfToken(
  { person, groups, stamp, expiresAt }: KnownToken,
  people: People | undefined,
  now: number,
): Person | undefined {
  if (now >= expiresAt) return undefined
  if (people === undefined) return stamp === null ? { name: person, groups: groups ?? [] } : undefined
  const known = people.get(person)
  return known !== undefined && stampOf(known) === stamp ? known : undefined
}

/**
 * Writes the file with other tokens, made from those that it has. Those whose date is over are left out.
 * @throws LockstepError `bad-config` where it cannot be written, or somebody else has changed it meanwhile
 */
export function changeTokens(
  path: string,
  now: number,
  change: (tokens: readonly KnownToken[]) => readonly KnownToken[],
): void {
  const before = identityOf(path)
  const tokens = change(readTokens(path).filter(({ expiresAt }) => now < expiresAt))
  if (tokens.length > MAX_TOKENS)
    throw new LockstepError('bad-config', `${path} has ${MAX_TOKENS} tokens; remove one first`)
  if (identityOf(path) !== before)
    throw new LockstepError('bad-config', `${path} was changed by somebody else meanwhile; say it again`)
  try {
    const folder = dirname(path)
    const made = makeFolder(folder, 0o700)
    writeWhole(path, `${JSON.stringify({ version: 1, tokens }, null, 1)}\n`, 0o600)
    // root writes for the user whom serve runs as.
    if (process.geteuid?.() !== 0) return
    const owner = statSync(dirname(made ?? folder))
    for (const each of [...(made === undefined ? [] : [folder]), path]) chownSync(each, owner.uid, owner.gid)
  } catch (error) {
    throw new LockstepError('bad-config', `${path} cannot be written: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
