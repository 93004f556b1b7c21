import type { Balancer } from '../rollout/ports'
import { LockstepError } from '../system/errors'
import { balancersOf } from './balancers'
import { lazy } from './lazy'
import type { ComposedRun } from './run_context'
import { writtenSteps } from './written_steps'

/**
 * Expects every balancer of a team that features name, with all that their lines need of it. A later line would find it
 * missing when hosts are changed already.
 * @throws LockstepError `bad-config` or `bad-feature`; nothing was sent then
 */
export function expectBalancers({ run, parts }: ComposedRun): void {
  const { environment, extensions, embedded } = parts
  if (embedded !== undefined || run.state.plan.length === 0) return
  const balancers = balancersOf(environment, { extensions, isSimulated: false })
  const known = new Map<string, Balancer>()
  for (const uri of new Set(run.state.plan.map((scenario) => scenario.uri)))
    for (const { kind, backend, needs, line, text } of lazy.balancersNeeded.balancersNeeded({
      scenarios: writtenSteps(run, uri),
    })) {
      if (kind === 'haproxy') continue
      const key = `${kind} ${backend}`
      const balancer = known.get(key) ?? balancers.backend(backend, kind)
      known.set(key, balancer)
      if (needs !== undefined && balancer[needs] === undefined)
        throw new LockstepError(
          'bad-feature',
          `${uri}:${line}: "${text}" needs ${needs} of the ${kind} backend ${backend}, whose code has none; nothing was sent`,
        )
    }
}
