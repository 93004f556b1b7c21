import { LockstepError } from '../system/errors'
import { lazy } from './lazy'
import type { ComposedRun } from './run_context'
import { writtenSteps } from './written_steps'

/**
 * Expects a monitoring system where a feature has a line about downtimes. That line would find it missing when hosts are changed
 * already.
 * @throws LockstepError `bad-config`; nothing was sent then
 */
export function expectDowntimes({ run, parts }: ComposedRun): void {
  if (parts.embedded !== undefined) return
  for (const uri of new Set(run.state.plan.map((scenario) => scenario.uri))) {
    const found = lazy.downtimesNeeded.findDowntime({ scenarios: writtenSteps(run, uri) })
    if (found === undefined) continue
    try {
      parts.downtimes.all(() => true)
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      throw new LockstepError(error.code, `${uri}:${found.line}: "${found.text}": ${error.message}`, {
        cause: error,
      })
    }
  }
}
