import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../config/environment'
import { LockstepError } from '../system/errors'
import { lastWords, runAgain } from './child_run'
import { inRanges } from '../run/host_names'
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
): Promise<void> {
  const features = [...new Set(run.state.plan.map(({ uri }) => uri))]
  const { signal } = run.stopping
  const env = (folder: string) => (isEmbedded ? reaching(environment, folder) : {})
  const purpose = { why: 'idempotence' } as const
  run.wait('planning the same again, which has to change nothing')
  await runAgain({ profile: 'plan', features, purpose, signal, env }, (ended, reports) =>
    expectIdle(reports, lastWords(ended)),
  )
}

function expectIdle(reports: string, said: string): void {
  const plan = planIn(reports)
  if (plan === undefined)
    throw new LockstepError('diverged', `it could not be planned again right away: ${said}`)
  const more = plan.lines.flatMap(({ at, text, hosts }) =>
    hosts
      .filter(({ changes, passed, affectsOthers }) => !passed || (changes && affectsOthers))
      .map(({ seen, hosts: names }) => `${at} (${text}): ${seen}, ${inRanges(names).join(', ')}`),
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

function planIn(reports: string): Plan | undefined {
  try {
    const { plan } = JSON.parse(readFileSync(join(reports, 'run.json'), 'utf8')) as {
      plan: { path: string } | null
    }
    return plan === null ? undefined : readPlan(plan.path, reports).content
  } catch {
    return undefined
  }
}

/**
 * Writes a configuration by which another process finds the embedded fleet, and returns the settings that name it. The
 * fleet is this process's own; the configuration is gone afterwards.
 */
function reaching(
  { brokers, security, haproxy, timeouts, collective }: Environment,
  folder: string,
): Record<string, string> {
  const path = join(folder, 'lockstep.yaml')
  const environment = {
    connector: 'activemq',
    brokers: brokers.map(({ host, port }) => ({ host, port })),
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
    LOCKSTEP_EMBEDDED_PSK: security.provider === 'psk' ? security.secret : '',
  }
}
