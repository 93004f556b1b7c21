import { createHash, scrypt } from 'node:crypto'

/** The user and the site that a password is for. */
export interface PasswordUse {
  site: string
  user: string
}

/** bcrypt looks at no more bytes: two passwords that differ after them are one. */
const MAX_PASSWORD_BYTES = 72
const MIN_PASSWORD_CHARACTERS = 8
const COST = '10'
const SALT_BYTES = 16
/** The work that a guess at a password costs by its salt; it is more than that of the hash itself. */
const SALT_WORK = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }

/** Returns why a password cannot be hashed, without a word of it; undefined where it can. */
export function passwordFault(password: string): string | undefined {
  if (/[\p{Cc}\p{Cs}]/u.test(password)) return 'has a control character or half a character'
  if ([...password].length < MIN_PASSWORD_CHARACTERS)
    return `is shorter than ${MIN_PASSWORD_CHARACTERS} characters`
  return Buffer.byteLength(password) > MAX_PASSWORD_BYTES
    ? `is longer than ${MAX_PASSWORD_BYTES} bytes, and bcrypt looks at no more`
    : undefined
}

/**
 * Returns the bcrypt hash (`$2y$`) of a password. A use has one hash for a password, so that a look tells whether a host
 * has it. The salt comes from all three by scrypt: it helps nobody to guess the password.
 */
export async function hashPassword(password: string, { site, user }: PasswordUse): Promise<string> {
  const { encodeBase64, hash } = await import('bcryptjs')
  const salt = await deriveSalt(password, JSON.stringify(['lockstep access', site, user]))
  return hash(password, `$2y$${COST}$${encodeBase64(salt, SALT_BYTES)}`)
}

/** Returns the digest by which two ends compare a hash that neither sends to the other. */
export function digestOf(hash: string): string {
  return createHash('sha256').update(hash, 'latin1').digest('hex')
}

function deriveSalt(password: string, use: string): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(password, use, SALT_BYTES, SALT_WORK, (error, salt) =>
      error === null ? resolve(salt) : reject(error),
    ),
  )
}
