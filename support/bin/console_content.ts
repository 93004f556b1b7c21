import { hostname } from 'node:os'
import { rolloutRoutes } from '../console/live/rollout_routes'
import type { ConsoleContent } from '../console/open_console'
import { STYLE } from '../console/page'
import { consoleRoutes } from '../console/pages/routes'
import { consoleSources } from '../console/pages/sources'
import type { SharingNow } from '../history/sharing_now'
import { openLocks } from '../locks/open_locks'
import { recentLocks } from '../locks/recent_locks'
import { takesTag } from '../survey/fetch_on_hosts'
import { systemClock } from '../system/clock'
import { processStartedAt } from '../system/process_start'
import type { Call } from './command'

/**
 * Returns the pages of the console beside a `lockstep serve`, and the files that they load.
 * @throws LockstepError `bad-config`
 */
export function consoleContent(
  {
    config,
    state,
    hasPipeline,
    sharing,
  }: { config: string; state: string; hasPipeline: boolean; sharing: SharingNow | undefined },
  env: Call['env'],
): ConsoleContent {
  const machine = hostname()
  const { now } = systemClock
  const servedOn = () => (hasPipeline ? machine : undefined)
  const locks = openLocks({ config, env })
  const listLocks = sharing === undefined ? () => locks.list() : recentLocks(locks, systemClock)
  // Unknown locks keep no reader from a rollout.
  const holders = () => listLocks().catch(() => [])
  const surroundings = { machine, now, startedAt: processStartedAt, holders }
  return {
    routes: [
      ...consoleRoutes(consoleSources({ config, state, env, takesTag, servedOn, sharing, now, listLocks })),
      ...rolloutRoutes({ state, clock: systemClock, surroundings, isShared: sharing !== undefined }),
    ],
    acts: [],
    assets: [STYLE],
  }
}
