import { hostname } from 'node:os'
import { LiveRuns } from '../console/live/live_runs'
import { rolloutRoutes } from '../console/live/rollout_routes'
import { apiApp, isApiPath } from '../console/api/api_app'
import { LockstepMetrics } from '../console/metrics/lockstep_metrics'
import type { ConsoleContent } from '../console/open_console'
import { startActs } from '../console/starts/start_acts'
import { begunByStarts, startRoutes, waitingStarts } from '../console/starts/start_routes'
import type { StartSources } from '../console/starts/start_sources'
import type { LookDesk } from '../console/looks/look_view'
import { STYLE } from '../console/page'
import { ConsoleState } from '../console/pages/console_state'
import { formOf } from '../console/personal_act'
import { driftNow, lookForDrift } from '../console/looks/drift_now'
import { lookRoutes } from '../console/looks/look_routes'
import { planActs, planRoutes, type PlanApprovals } from '../console/pages/plan_acts'
import { consoleRoutes } from '../console/pages/routes'
import { consoleSources } from '../console/pages/sources'
import type { SharingNow } from '../history/sharing_now'
import { openLocks } from '../locks/open_locks'
import { recentLocks } from '../locks/recent_locks'
import { takesTag } from '../survey/fetch_on_hosts'
import { systemClock } from '../system/clock'
import { processStartedAt } from '../system/process_start'
import { apiReads } from './api_reads'
import type { Call } from './command'
import { eventReads } from './event_reads'
import { standingActs } from './standing_acts'
import { lookReads } from './look_reads'
import { startReads } from './start_reads'
import { tagSources } from './tag_sources'

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
    plans,
    starts: startsAlone,
    looks,
  }: {
    config: string
    state: string
    hasPipeline: boolean
    sharing: SharingNow | undefined
    plans: PlanApprovals
    starts: StartSources
    looks: LookDesk
  },
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
  const startsWaiting = () => waitingStarts(startsAlone)
  const sources = consoleSources({
    config,
    state,
    env,
    takesTag,
    servedOn,
    sharing,
    now,
    listLocks,
    startsWaiting,
    canStart: startsAlone.features.length > 0,
    begunByStarts: () => begunByStarts(startsAlone),
  })
  const known = new ConsoleState(sources)
  const starts = { ...startsAlone, tags: tagSources(known, looks, takesTag) }
  const { version } = require('lockstep/package.json') as { version: string }
  const metrics = new LockstepMetrics({
    state,
    environments: sources.environments,
    version,
    clock: systemClock,
  })
  const live = new LiveRuns(state, systemClock, surroundings)
  const standing = standingActs({ config, state, env, surroundings, approvalIn: starts.approvalIn })
  const ofPlans = { state: known, plans, approvalIn: starts.approvalIn, rights: starts.rights }
  const drift = {
    desk: looks,
    environments: sources.environments,
    hasRelease: (environment: string, release: string) =>
      known.knowledge().runs.some((run) => run.environment === environment && run.release === release),
  }
  const personalActs = [...planActs(ofPlans), ...startActs(starts), ...standing.acts, lookForDrift(drift)]
  return {
    routes: [
      ...consoleRoutes(sources, known, (request, asked) => driftNow(drift, request, asked)),
      ...lookRoutes(looks),
      ...planRoutes(ofPlans),
      ...startRoutes(starts),
      ...standing.routes,
      ...rolloutRoutes({ runs: live, isShared: sharing !== undefined, begun: () => known.begunRollouts() }),
    ],
    acts: personalActs.map(formOf),
    assets: [STYLE],
    api: {
      owns: isApiPath,
      open: (shared) =>
        apiApp({
          ...shared,
          reads: [...apiReads(known, live), ...eventReads(live), ...startReads(starts), ...lookReads(looks)],
          acts: personalActs,
          metrics: (sees, isWhole) => metrics.format(sees, isWhole),
          version,
        }),
    },
  }
}
