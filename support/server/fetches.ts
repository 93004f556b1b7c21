import type { PipelineSettings } from '../config/pipeline_setting'
import { Fetcher, type Fleets } from '../pipeline/fetcher'
import { lookAfterEvents } from './loops'
import type { Part } from './part'

/** The events by which another commit may be the newest that hosts could use. */
const CHANGES_IT = ['commit seen', 'change passed over', 'build ended'] as const

/**
 * Returns the parts that have hosts fetch what has passed its tests, one for each repository and environment: a fleet that
 * cannot be asked keeps no other waiting, and no push or build.
 */
export function fetchParts({ repositories }: Pick<PipelineSettings, 'repositories'>, fleets: Fleets): Part[] {
  return repositories.flatMap(({ name, fetches = [] }) =>
    fetches.map(({ environment, hostClass }): Part => ({
      name: `fetches of ${name} in ${environment}`,
      run(context) {
        const { pipeline, clock, log, redact } = context
        const fetcher = new Fetcher({
          repository: name,
          environment,
          hostClass,
          log: pipeline,
          fleets,
          clock,
          onTrouble: (sentence) => log.warn(redact(sentence)),
        })
        return lookAfterEvents(context, CHANGES_IT, (signal) => fetcher.look(signal))
      },
    })),
  )
}
