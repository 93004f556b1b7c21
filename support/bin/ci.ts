import { becomeCucumber } from './become_cucumber'
import type { Call, Handover, Outcome } from './command'

type FeatureOptions = Parameters<ReturnType<typeof becomeCucumber>>[0]['options']

/** Lints and rehearses features; or, as a runner, tests commits for a `lockstep serve` elsewhere. */
export function ci(
  call: Call<FeatureOptions & { listen: boolean; unit: boolean }>,
): Handover | Promise<Outcome> {
  if (!call.options.listen && !call.options.unit) return becomeCucumber('ci')(call)
  const { listen } = require('./listen') as typeof import('./listen')
  return listen(call)
}
