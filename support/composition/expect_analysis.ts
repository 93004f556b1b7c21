import { ControlHostFault } from '../rollout/ports'
import { LockstepError } from '../system/errors'
import { queryOf } from '../rollout/model/metric_query'
import { controlHostOf } from './control_host'
import type { ComposedRun } from './run_context'

/**
 * Expects Prometheus to understand every query that features name. A later line would find a mistake when hosts are
 * changed already. No value is asked for.
 * @throws LockstepError `bad-config`, `bad-feature` or `gate-closed`; nothing was sent to a host then
 */
export async function expectAnalysis({ run, parts }: ComposedRun): Promise<void> {
  const { environment, embedded } = parts
  if (embedded !== undefined) return
  const host = controlHostOf(environment, false)
  const judged = new Set<string>()
  for (const { uri, steps } of run.state.plan)
    for (const { line, values } of steps) {
      const written = values.find(({ type }) => type === 'query')?.value
      if (written === undefined || judged.has(written)) continue
      judged.add(written)
      const fault = await faultOf(host, queryOf(written))
      if (fault !== undefined)
        throw new LockstepError(fault.code, `${uri}:${line}: ${fault.message}; nothing was sent`)
    }
}

async function faultOf(
  host: ReturnType<typeof controlHostOf>,
  query: string,
): Promise<{ code: 'bad-feature' | 'gate-closed'; message: string } | undefined> {
  try {
    const why = await host.metrics().faultOf(query)
    return why === undefined
      ? undefined
      : { code: 'bad-feature', message: `Prometheus cannot read the query: ${why}` }
  } catch (error) {
    if (!(error instanceof ControlHostFault)) throw error
    return { code: 'gate-closed', message: `Prometheus ${error.message}, and this line asks it for a metric` }
  }
}
