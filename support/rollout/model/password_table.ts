import { LockstepError } from '../../system/errors'
import { passwordFault } from '../../system/password_hash'

const EXPECTED = 'the table has one row: password, and a secret variable such as <alice_password>'

const VARIABLE = /^<[^<>]+>$/

/** Returns what is wrong with a table as it is written, where a secret still stands as its variable. */
export function passwordTableFault(rows: readonly (readonly string[])[]): string | undefined {
  const [row = [], ...others] = rows
  const [name, written = ''] = row
  if (others.length > 0 || row.length !== 2 || name !== 'password') return EXPECTED
  // The values of other variables stand there by now, and every report shows them.
  return VARIABLE.test(written)
    ? undefined
    : 'a password that stands in a feature or in a plain variable is shown in reports; let it come from a secret variable of lockstep.yaml, such as <alice_password>'
}

/**
 * Returns the password of a table with one row, once its secret was put in.
 * @throws LockstepError `bad-feature` without a word of the password
 */
export function passwordIn(rows: readonly (readonly string[])[]): string {
  const [row = [], ...others] = rows
  const [name, password = ''] = row
  if (others.length > 0 || row.length !== 2 || name !== 'password')
    throw new LockstepError('bad-feature', EXPECTED)
  // A text that only looks like a variable is not filled in, and is no secret.
  const fault = VARIABLE.test(password) ? 'is written as a variable, and is none' : passwordFault(password)
  if (fault !== undefined) throw new LockstepError('bad-feature', `the password ${fault}`)
  return password
}
