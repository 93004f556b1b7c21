import type { PipelineSettings } from '../config/pipeline_setting'
import { Bell } from '../pipeline/bell'
import type { RecordedPipelineEvent } from '../pipeline/events'
import { Fetcher, type Fleets } from '../pipeline/fetcher'
import type { Part } from './part'

/** The events by which another commit may be the newest that hosts could use. */
const CHANGES_IT: ReadonlySet<RecordedPipelineEvent['type']> = new Set([
  'commit seen',
  'change passed over',
  'build ended',
])

/**
 * Returns the parts that have hosts fetch what has passed its tests, one for each repository and environment: a fleet that
 * cannot be asked keeps no other waiting, and no push or build.
 */
export function fetchParts({ repositories }: Pick<PipelineSettings, 'repositories'>, fleets: Fleets): Part[] {
  return repositories.flatMap(({ name, fetches = [] }) =>
    fetches.map(({ environment, hostClass }): Part => ({
      name: `fetches of ${name} in ${environment}`,
      async run({ pipeline, clock, log, redact, signal }) {
        const bell = new Bell(clock)
        const fetcher = new Fetcher({
          repository: name,
          environment,
          hostClass,
          log: pipeline,
          fleets,
          clock,
          onTrouble: (sentence) => log.warn(redact(sentence)),
        })
        const stop = pipeline.onEvent((event) => {
          if (CHANGES_IT.has(event.type)) bell.ring()
        })
        try {
          while (!signal.aborted) {
            const pause = await fetcher.look(signal)
            if (!signal.aborted) await bell.wait(pause, signal)
          }
        } finally {
          stop()
        }
      },
    })),
  )
}
