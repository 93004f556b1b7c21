import type { Environment } from '../config/environment'
import type { ProcessContext } from '../config/mcollective_cfg'
import { readSetting } from '../config/settings'
import type { Planning } from '../rollout/ports'
import { LockstepError } from '../system/errors'
import { lookingOnly, safely } from '../planning/read_only'
import type { ModeTraits } from '../run/modes'
import { validators } from '../preflight/validation'

/** The ways in which lines are planned, as modes name them. */
export const PLANNINGS: Readonly<Record<ModeTraits['plans'], { planning?: Planning }>> = {
  none: {},
  lookingOnly: { planning: lookingOnly },
  safely: { planning: safely },
}

/** Returns what a run calls its release; undefined where it names none. @throws LockstepError `bad-input` */
export function expectReleaseName(said: string | undefined): string | undefined {
  if (said === undefined || said === '') return undefined
  const fault = validators['release']?.(said)
  if (fault !== undefined) throw new LockstepError('bad-input', `LOCKSTEP_RELEASE: ${fault}`)
  return said
}

/**
 * Returns whether safe mode is on, as the run says, or else its environment.
 * @throws LockstepError `bad-input` for a word that is neither on nor off
 */
export function isInSafeMode({ safeMode }: Environment, env: ProcessContext['env']): boolean {
  const said = readSetting(env, 'LOCKSTEP_SAFE_MODE')
  if (said === undefined) return safeMode
  if (said !== 'on' && said !== 'off')
    throw new LockstepError('bad-input', `LOCKSTEP_SAFE_MODE is ${JSON.stringify(said)}; write on or off`)
  return said === 'on'
}
