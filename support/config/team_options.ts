import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import type { TeamOptions } from '../system/team_options'
import { isEncrypted } from './eyaml'
import { PLACES, secret, type SecretSetting } from './secrets'

/** The schema of `with`: what a team's own code is given. */
export const optionsSchema = v.optional(v.record(v.string(), v.unknown(), 'names, each with a value'), {})

/** The means by which the options of a team's code are read. */
interface OptionReading {
  /** Returns the place of a value, `path:line`, by the keys below `with`. */
  where: (...keys: (string | number)[]) => string
  /** Reads the text of a secret. `what` makes the sentence of an error. */
  read: (from: SecretSetting, what: string, ...keys: (string | number)[]) => string
}

/** Options that are read, and the secrets among them. */
interface ReadOptions {
  options: TeamOptions
  secrets: readonly string[]
}

/**
 * Reads the options of a team's code. A place of a secret anywhere in them becomes the secret.
 * @throws LockstepError `bad-config` for a secret that cannot be read, or that is written out
 */
export function readOptions(written: Readonly<Record<string, unknown>>, reading: OptionReading): ReadOptions {
  const secrets: string[] = []
  const read = (value: unknown, keys: readonly (string | number)[]): unknown => {
    const from = secretIn(value)
    if (from !== undefined) {
      const text = reading.read(from, `secret ${keys.join('.')}`, ...keys)
      secrets.push(text)
      return text
    }
    const name = keys.at(-1)
    if (typeof value === 'string' && typeof name === 'string' && SECRET_NAME.test(name))
      throw new LockstepError(
        'bad-config',
        `${reading.where(...keys)}: ${keys.join('.')} is written out; expected where the secret is: ${PLACES}`,
      )
    if (Array.isArray(value)) return value.map((item, index) => read(item, [...keys, index]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, read(item, [...keys, key])]))
  }
  const options = Object.fromEntries(Object.entries(written).map(([key, value]) => [key, read(value, [key])]))
  return { options, secrets }
}

/** Names of values that are secrets, in any options. */
const SECRET_NAME = /(?:^|[_-])(?:password|passphrase|secret|token|api[_-]?key)$/i

/** Returns the place of a secret that a value is; undefined for any other value. */
function secretIn(value: unknown): SecretSetting | undefined {
  if (typeof value === 'string') return isEncrypted(value) ? value : undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const parsed = v.safeParse(secret, value)
  return parsed.success ? parsed.output : undefined
}
