import type { Environment } from '../config/environment'
import type { ProcessContext } from '../config/mcollective_cfg'
import { readSetting } from '../config/settings'
import type { Planning } from '../rollout/ports'
import { LockstepError } from '../system/errors'
import type { ContractLookup } from '../rpc/contracts'
import { lookingOnly, safely } from '../planning/read_only'
import type { ModeTraits } from '../run/modes'
import { validators } from '../preflight/validation'

/** Returns the way in which lines are planned, as a mode names it; undefined where they are carried out. */
export function planningOf(plans: ModeTraits['plans'], contractOf: ContractLookup): Planning | undefined {
  return plans === 'none' ? undefined : { lookingOnly, safely }[plans](contractOf)
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
