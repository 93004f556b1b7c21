import { LockstepError } from '../system/errors'

/**
 * Returns the environment to use: `wanted`, or the only one of the file.
 * @throws LockstepError `bad-config` when it is not among them
 */
export function chosenOf(where: () => string, names: readonly string[], wanted: string | undefined): string {
  const chosen = wanted ?? (names.length === 1 ? names[0] : undefined)
  if (chosen !== undefined && names.includes(chosen)) return chosen
  const there = names.join(', ') || 'none'
  const what =
    chosen === undefined ? 'no environment was chosen' : `there is no environment ${JSON.stringify(chosen)}`
  throw new LockstepError(
    'bad-config',
    `${where()}: ${what}; there are: ${there}. Choose with LOCKSTEP_ENVIRONMENT=<name>`,
  )
}
