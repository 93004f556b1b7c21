import { expectOptions, expectSettings, WORLD_PARAMETERS } from '../config/settings'
import { expectAsAsked } from '../run/begun_with'
import type { RunParameters } from '../run/parameters'
import { LockstepError } from '../system/errors'
import type { Session } from './session'

const OPTIONS = [...WORLD_PARAMETERS, 'lint']

/** Refuses unknown settings and options before anything is read. One may be the switch that keeps hosts unchanged. */
export function refuseUnknown(
  { run, surroundings, begunWith }: Session,
  options: RunParameters & { lint?: boolean },
  worldParameters: RunParameters = {},
): void {
  try {
    expectSettings(surroundings.env)
    expectOptions('option pluginOptions.lockstep', options, OPTIONS)
    if (begunWith !== undefined)
      expectAsAsked(begunWith, { ...worldParameters, ...options }, surroundings.env)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    run.refuse(error)
  }
}
