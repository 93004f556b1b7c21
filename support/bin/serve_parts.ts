import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import { openConsole } from '../console/open_console'
import { rightsOfConsole } from '../console/rights_of_console'
import { CommandDeploys } from '../deploys/command_deploys'
import { CommandLooks } from '../deploys/command_looks'
import { CommandStarts } from '../deploys/command_starts'
import { openHistory } from '../history/open_history'
import { SharingNow } from '../history/sharing_now'
import { NO_RIGHTS } from '../people/rights_now'
import type { FetchOrder } from '../pipeline/fetcher'
import type { RefreshOrder } from '../pipeline/refresher'
import { foldersIn } from '../run/folders'
import { packageParts } from '../server/announcements'
import { deployParts } from '../server/deploys'
import { fetchParts } from '../server/fetches'
import { historyPart } from '../server/history_part'
import { LookDesk } from '../server/look_desk'
import type { Part } from '../server/part'
import { partsWith } from '../server/parts'
import { PlanDesk } from '../server/plan_desk'
import type { ServeOptions } from '../server/serve'
import { StartDesk } from '../server/start_desk'
import { statusParts } from '../server/statuses_part'
import { fetchOnHosts, takesTag } from '../survey/fetch_on_hosts'
import { refreshOnHosts } from '../survey/refresh_on_hosts'
import { systemClock } from '../system/clock'
import { isRunningWith, runCommand } from '../system/command'
import type { Log } from '../system/log'
import type { Redact } from '../system/redaction'
import type { Call } from './command'
import { consoleContent } from './console_content'
import { monitoringIn } from './monitoring'
import type { ServeSettings } from './serve_settings'
import { startSources } from './start_sources'

interface ServePlace extends Pick<Call, 'cwd' | 'env'> {
  /** The words that start `lockstep`. */
  lockstep: readonly string[]
  config: string
  state: string
  log: Log
  redact: Redact
}

interface ServeParts extends Pick<ServeOptions, 'parts' | 'openPages' | 'tls'> {
  close(): Promise<void>
}

/** Puts together what a `lockstep serve` does, by its settings. Nothing of it begins before it is run. */
export function serveParts(settings: ServeSettings, place: ServePlace): ServeParts {
  const { pipeline, pages, shared, watched } = settings
  const { lockstep, config, state, cwd, env, log, redact } = place
  const calling = {
    lockstep,
    config,
    folder: dirname(config),
    state,
    machine: hostname(),
    env,
    cwd,
    run: runCommand,
    isRunning: isRunningWith,
    clock: systemClock,
    redact,
  }
  const fleets = fleetsOf(settings)
  const sharing = shared && new SharingNow()
  const rights = pages === undefined ? NO_RIGHTS : rightsOfConsole(pages, state, systemClock)
  const monitoring =
    watched &&
    monitoringIn(watched.settings, watched.environment, {
      state,
      cwd,
      context: settings.surroundings,
      redact,
      log,
    })
  const desks = {
    plans: new PlanDesk(pipeline, takesTag),
    starts: new StartDesk(new CommandStarts(calling)),
    looks: new LookDesk(new CommandLooks(calling)),
  }
  const deploys = new CommandDeploys(calling)
  return {
    parts: [
      ...partsWith(settings.bus, pipeline.repositories),
      ...fetchParts(pipeline, fleets),
      ...packageParts(pipeline.packages ?? [], fleets),
      ...statusParts(pipeline.repositories),
      ...settings.news,
      ...(sharing === undefined ? [] : [sharePart(sharing, place)]),
      ...deployParts(pipeline, { deploys, takesTag, nameOf: userName, rights }),
      ...(pages === undefined ? [] : [desks.plans.part, desks.starts.part, desks.looks.part]),
      ...(monitoring === undefined ? [] : [monitoring.part]),
    ],
    ...(pages === undefined ? {} : pagesOf(pages)),
    close: async () => monitoring?.close(),
  }

  function pagesOf(served: NonNullable<typeof pages>): Pick<ServeOptions, 'openPages' | 'tls'> {
    const { plans, looks } = desks
    const starts = startSources(served, { config, state, env, desk: desks.starts, rights })
    const { hasPipeline } = settings
    const content = consoleContent({ config, state, hasPipeline, sharing, plans, starts, looks }, env)
    return {
      tls: served.tls,
      openPages: (context) => openConsole(served, content, { ...context, state, clock: systemClock, log }),
    }
  }
}

function fleetsOf({ environmentOf }: ServeSettings) {
  const parts = { environmentOf, clock: systemClock }
  return {
    takesTag,
    fetch: (order: FetchOrder, signal: AbortSignal) => fetchOnHosts(order, parts, signal),
    refresh: (order: RefreshOrder, signal: AbortSignal) => refreshOnHosts(order, parts, signal),
  }
}

/** Returns the part that shares the history, and tells the pages what is not known of the others. */
function sharePart(sharing: SharingNow, { config, state, env, cwd, redact }: ServePlace): Part {
  const folders = { state, history: resolve(cwd, foldersIn(env).history) }
  return historyPart(async (signal) => {
    const beganAt = systemClock.now()
    const { notKnown, faults } = await openHistory({ config, env, folders }, signal)
    sharing.hear(notKnown && redact(notKnown), beganAt)
    return notKnown ?? faults[0]
  })
}

/** Returns the name of a user of this machine, or its number where it has none. */
async function userName(user: number): Promise<string> {
  const { exitCode, stdout } = await runCommand('id', ['-nu', '--', String(user)], { within: 10_000 })
  const name = stdout.trim()
  return exitCode === 0 && name !== '' ? name : `user ${user}`
}
