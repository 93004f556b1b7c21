import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** The cost of a hash; `ln` is the logarithm of scrypt's N. */
export interface Cost {
  ln: number
  r: number
  p: number
}

/** The cost of new hashes: 32 MiB for each guess. */
export const COST: Cost = { ln: 15, r: 8, p: 3 }
/** The most that a hash of a file may cost: 256 MiB. */
const MOST: Cost = { ln: 18, r: 8, p: 8 }
const SALT_BYTES = 16
const HASH_BYTES = 32
const MIN_CHARACTERS = 12
export const MAX_PASSWORD_BYTES = 1_024

/** Returns why a text is no password, without a word of it; undefined where it is one. */
export function passwordFault(password: string): string | undefined {
  if (/[\p{Cc}\p{Cs}]/u.test(password)) return 'has a control character or half a character'
  // Bytes that are no UTF-8 all come to this sign: the password would be another one than a browser sends.
  if (password.includes('\ufffd')) return 'has a sign that is no UTF-8'
  if ([...password].length < MIN_CHARACTERS) return `is shorter than ${MIN_CHARACTERS} characters`
  return Buffer.byteLength(password) > MAX_PASSWORD_BYTES
    ? `is longer than ${MAX_PASSWORD_BYTES} bytes`
    : undefined
}

/** Returns the hash of a password as the file of people has it: `$scrypt$ln=15,r=8,p=3$salt$hash`. */
export async function hashPassword(password: string, cost: Cost = COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, salt, cost)
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${salt.toString('base64')}$${hash.toString('base64')}`
}

const FORM = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{22}==)\$([A-Za-z0-9+/]{43}=)$/

/** Returns the parts of a hash; undefined for a text that is none, or costs more than this process affords. */
export function parseHash(written: string): { cost: Cost; salt: Buffer; hash: Buffer } | undefined {
  const [, ln, r, p, salt = '', hash = ''] = FORM.exec(written) ?? []
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  const isAfforded =
    cost.ln >= 1 && cost.ln <= MOST.ln && cost.r >= 1 && cost.r <= MOST.r && cost.p >= 1 && cost.p <= MOST.p
  return isAfforded
    ? { cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
    : undefined
}

/** Resolves with whether a password is that of a hash, in a time that its cost alone decides. */
export async function isPasswordOf(written: string, password: string): Promise<boolean> {
  const parsed = parseHash(written)
  if (parsed === undefined) return false
  return timingSafeEqual(await derive(password, parsed.salt, parsed.cost), parsed.hash)
}

/** Does the work of a comparison, for a name that no one has. */
export async function compareWithNone(password: string, cost: Cost): Promise<void> {
  await derive(password, randomBytes(SALT_BYTES), cost)
}

function derive(password: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** ln
  const options = { N, r, p, maxmem: 2 * 128 * N * r }
  return new Promise((resolve, reject) =>
    // One password may be typed in two forms of Unicode.
    scrypt(password.normalize('NFC'), salt, HASH_BYTES, options, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    ),
  )
}
