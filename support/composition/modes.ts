import type { Environment } from '../config/environment'
import type { ProcessContext } from '../config/mcollective_cfg'
import { readSetting } from '../config/settings'
import type { Planning } from '../rollout/ports'
import { LockstepError } from '../system/errors'
import { lookingOnly, safely } from '../planning/read_only'
import { validators } from '../preflight/validation'

/** The modes that send notifications, where somebody wants them. */
export const TELLING = new Set(['live', 'noop', 'drift'])

/** The modes in which nothing is changed, each with how it asks hosts. */
export const PLANNINGS: Readonly<Record<string, { planning: Planning }>> = {
  plan: { planning: lookingOnly },
  drift: { planning: lookingOnly },
  noop: { planning: safely },
}

/** Returns what a run calls its release; undefined where it names none. @throws LockstepError `bad-input` */
export function releaseNamed(said: string | undefined): string | undefined {
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
