import { dirname } from 'node:path'
import { LockstepError } from '../system/errors'
import { digestCode } from './digest_code'

/** The variable by which `lockstep serve` gives a rollout the digest of the code that its plan was made with. */
export const CODE = 'LOCKSTEP_CODE'

/** Takes the digest of the wanted code out of an environment, so that no other run has it; undefined where any code may run. */
export function takeCode(env: Record<string, string | undefined>): string | undefined {
  const code = env[CODE] ?? ''
  delete env[CODE]
  return code === '' ? undefined : code
}

/**
 * Checks that the code beside the features is the wanted one. It is asked once a run has loaded that, and before anything
 * is sent: the code may have been changed since `lockstep serve` has looked at it.
 * @throws LockstepError `gate-closed` for other code, or where no configuration says where it lies
 */
export function expectCode(wanted: string | undefined, config: string | undefined): void {
  if (wanted === undefined || (config !== undefined && digestCode(dirname(config)) === wanted)) return
  throw new LockstepError(
    'gate-closed',
    `the code beside the features is not that of the approved plan: it was changed since${config === undefined ? '' : `, in ${dirname(config)}`}. Nothing was changed on hosts; plan again, and have that approved`,
  )
}
