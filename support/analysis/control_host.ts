import { ControlHostFault, type ControlHost } from '../rollout/ports'
import { LockstepError } from '../system/errors'
import type { Redact } from '../system/redaction'
import { exchange } from './exchange'
import { Prometheus, type PrometheusAccess } from './prometheus'

/** The control host of an environment, as far as it looks at the world outside of the fleet. */
interface Surroundings {
  /** The name of the environment. */
  called: string
  prometheus: PrometheusAccess | undefined
  redact: Redact
}

/** Returns what the control host sees by itself, in an environment of real hosts. */
export function controlHost({ called, prometheus, redact }: Surroundings): Omit<ControlHost, 'decides'> {
  return {
    metrics() {
      if (prometheus === undefined)
        throw new LockstepError(
          'bad-config',
          `a metric is named, and ${called} has no Prometheus; name it in lockstep.yaml, such as prometheus: { url: http://prometheus.example.net:9090 }`,
        )
      return new Prometheus(prometheus, redact)
    },
    statusOf,
  }
}

/** Returns the status that a URL answers; of its answer nothing else is read. */
async function statusOf(url: string, withinMs: number): Promise<number> {
  const headers = { accept: '*/*', 'cache-control': 'no-cache', 'user-agent': 'lockstep' }
  try {
    const asked = { url, method: 'GET', headers, ca: undefined, withinMs, maxBytes: undefined } as const
    return (await exchange(asked)).status
  } catch (error) {
    if (!(error instanceof ControlHostFault)) throw error
    // No key of lockstep.yaml belongs to a URL of a feature.
    const message = error.message.replace(/name (it|that one) with ca:/, 'name $1 in NODE_EXTRA_CA_CERTS')
    throw new ControlHostFault(message, { cause: error })
  }
}
