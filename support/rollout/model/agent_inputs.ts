import { LockstepError } from '../../system/errors'

/**
 * Returns the inputs of an action from rows of two columns, name and value.
 * @throws LockstepError `bad-feature` for a row of other columns
 */
export function agentInputs(rows: readonly (readonly string[])[]): Record<string, string | boolean | number> {
  const odd = rows.find(({ length }) => length !== 2)
  if (odd !== undefined)
    throw new LockstepError(
      'bad-feature',
      `the table of inputs has two columns, a name and a value: ${odd.join(' | ')}`,
    )
  return Object.fromEntries(rows.map(([name = '', written = '']) => [name, agentInput(written)]))
}

/** Returns one value of a table of inputs; `true`, `false` and whole numbers are taken as such. */
export function agentInput(written: string): string | boolean | number {
  if (written === 'true') return true
  if (written === 'false') return false
  return /^-?(0|[1-9]\d{0,14})$/.test(written) ? Number(written) : written
}
