import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Environment } from '../config/environment'
import { expectStompRoad } from '../config/road_places'
import { LockstepError } from '../system/errors'
import type { BeginAgain } from '../run/again'
import { foldHosts } from '../rollout/model/fold_hosts'
import type { Plan } from './plan'
import { readPlan } from './plan_file'
import type { Run } from '../run/run'

const MAX_NAMED = 5

/**
 * Plans a run again right after it was done; a change still planned would be made every time.
 * @throws LockstepError `diverged` with the changes
 */
export async function expectNothingMore(
  run: Run,
  environment: Environment,
  isEmbedded: boolean,
  beginAgain: BeginAgain,
): Promise<void> {
  const features = [...new Set(run.state.plan.map(({ uri }) => uri))]
  const { signal } = run.stopping
  const env = (folder: string) => (isEmbedded ? reaching(environment, folder) : {})
  const purpose = { why: 'idempotence' } as const
  await run.tellWhile({ what: 'the same to be planned again, which has to change nothing' }, () =>
    beginAgain({ profile: 'plan', features, purpose, signal, env }, ({ plan, said }) =>
      expectIdle(planAt(plan), said),
    ),
  )
}

function expectIdle(plan: Plan | undefined, said: string): void {
  if (plan === undefined)
    throw new LockstepError('diverged', `it could not be planned again right away: ${said}`)
  const more = plan.lines.flatMap(({ at, text, hosts }) =>
    hosts
      .filter(
        ({ changes, passed, affectsOthers, isIdle }) =>
          !passed || (changes && affectsOthers && isIdle !== true),
      )
      .map(({ seen, hosts: names }) => `${at} (${text}): ${seen}, ${foldHosts(names).join(', ')}`),
  )
  if (more.length === 0 && plan.passes) return
  if (more.length === 0)
    throw new LockstepError('diverged', `it could not be planned again to its end: ${said}`)
  const rest = more.length > MAX_NAMED ? `; and ${more.length - MAX_NAMED} more` : ''
  throw new LockstepError(
    'diverged',
    `run again right away, it would not leave everything as it is: ${more.slice(0, MAX_NAMED).join('; ')}${rest}`,
  )
}

function planAt(path: string | undefined): Plan | undefined {
  try {
    return path === undefined ? undefined : readPlan(path, dirname(path)).content
  } catch {
    return undefined
  }
}

/**
 * Writes a configuration by which another process finds the embedded fleet, and returns the settings that name it. The
 * fleet is this process's own; the configuration is gone afterwards.
 */
function reaching(embedded: Environment, folder: string): Record<string, string> {
  const { haproxy, timeouts, collective } = embedded
  const { road } = expectStompRoad(embedded, 'the embedded fleet')
  const path = join(folder, 'lockstep.yaml')
  const environment = {
    connector: 'activemq',
    brokers: road.brokers.map(({ host, port }) => ({ host, port })),
    security: { provider: 'psk', secret: { env: 'LOCKSTEP_EMBEDDED_PSK' } },
    collective,
    discovery_window: '300 ms',
    timeouts: Object.fromEntries(Object.entries(timeouts).map(([name, ms]) => [name, `${ms} ms`])),
    ...(haproxy.length === 0 ? {} : { haproxy }),
  }
  writeFileSync(path, JSON.stringify({ environments: { embedded: environment } }))
  return {
    LOCKSTEP_CONFIG: path,
    LOCKSTEP_ENVIRONMENT: 'embedded',
    LOCKSTEP_EMBEDDED_PSK: road.security.provider === 'psk' ? road.security.secret : '',
  }
}
