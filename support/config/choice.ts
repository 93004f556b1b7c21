import { LockstepError } from '../system/errors'

/** The environment that is meant, of those that a file has. @throws LockstepError `bad-config` when it is not among them */
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
