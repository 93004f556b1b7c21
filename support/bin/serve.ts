import { existsSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import pino from 'pino'
import { liveEnvironment } from '../composition/environments'
import {
  readPipelineSetting,
  readSpoolSetting,
  type PipelineSettings,
  type SpoolSetting,
} from '../config/pipeline_setting'
import { readHistorySetting } from '../config/history_setting'
import { readSetting } from '../config/settings'
import { checkConsoleSetting, readConsoleSetting } from '../config/console_setting'
import { monitoringFolders, readMonitoringSetting } from '../config/monitoring_setting'
import { readBusBroker } from '../config/bus_broker'
import { openConsole } from '../console/open_console'
import { rightsOfConsole } from '../console/rights_of_console'
import { NO_RIGHTS } from '../people/rights_now'
import { CommandDeploys } from '../deploys/command_deploys'
import { CommandLooks } from '../deploys/command_looks'
import { CommandStarts } from '../deploys/command_starts'
import { decidingFiles } from '../run/deciding_files'
import { lookUpAccount } from '../pipeline/build_user'
import { buildUsersOf } from '../pipeline/build_users'
import { BUILD_CAPABILITIES, proveBuildUser } from '../pipeline/prove_build_user'
import { proveSvn } from '../pipeline/prove_svn'
import { openHistory } from '../history/open_history'
import { SharingNow } from '../history/sharing_now'
import { foldersIn } from '../run/folders'
import { secretsOf } from '../config/environment'
import { surroundingsOf } from '../run/parameters'
import { fetchParts } from '../server/fetches'
import { PlanDesk } from '../server/plan_desk'
import { LookDesk } from '../server/look_desk'
import { StartDesk } from '../server/start_desk'
import { packageParts } from '../server/announcements'
import { deployParts } from '../server/deploys'
import { historyPart } from '../server/history_part'
import { HookTriggers } from '../server/hook_triggers'
import { ReportSecrets } from '../server/report_secrets'
import { partsWith } from '../server/parts'
import { serve as serveUntil } from '../server/serve'
import { statusParts } from '../server/statuses_part'
import { serveUnit, VARIABLES_FILE } from '../server/unit'
import type { FetchOrder } from '../pipeline/fetcher'
import type { RefreshOrder } from '../pipeline/refresher'
import { fetchOnHosts, takesTag } from '../survey/fetch_on_hosts'
import { refreshOnHosts } from '../survey/refresh_on_hosts'
import { systemClock } from '../system/clock'
import { isRunningWith, runCommand } from '../system/command'
import { formatLockstep } from '../system/commands'
import { LockstepError } from '../system/errors'
import { redactor } from '../system/redaction'
import type { Call, Outcome } from './command'
import { consoleContent } from './console_content'
import { lookAsked, lookAtMonitoring, monitoringIn, watchedEnvironment, type OnceOptions } from './monitoring'
import { releaseNews } from './release_news'
import { startSources } from './start_sources'
import { takeServiceManager } from './service_manager'

/** The pipeline of a lockstep.yaml that has a console alone. */
const NO_PIPELINE: PipelineSettings = {
  spool: '/var/spool/lockstep',
  listen: { host: '127.0.0.1', port: 8090 },
  bus: undefined,
  runners: new Map(),
  repositories: [],
  warnings: [],
  secretFiles: [],
}

type Options = OnceOptions & { unit: boolean; standby: boolean }

const PROGRAM = join(__dirname, 'lockstep.cjs')

/** Takes what triggers tell until a signal ends it. Its log goes to the standard output, as services have it. */
export async function serve({ cwd, env, args, options }: Call<Options>): Promise<Outcome> {
  const { unit, standby } = options
  const config = resolve(cwd, readSetting(env, 'LOCKSTEP_CONFIG') ?? 'lockstep.yaml')
  const state = resolve(cwd, foldersIn(env).state)
  if (!existsSync(config))
    throw new LockstepError(
      'bad-config',
      `there is no configuration ${config}; say: ${formatLockstep('serve --config lockstep.yaml')}`,
    )
  const once = lookAsked(options)
  if (once !== undefined) return lookAtMonitoring({ cwd, env, args, options: once }, config, state)
  const spool = readSpoolSetting(config)
  if (unit && spool !== undefined) return { text: await unitOf(config, state, spool, standby), exitCode: 0 }
  const pipeline = readPipelineSetting(config, { env })
  if (unit) {
    // The unit has its own variables and user: who writes it need not have the secrets of the console.
    const hasPages = checkConsoleSetting(config, (pipeline ?? NO_PIPELINE).listen)
    if (!hasPages && monitoringFolders(config) === undefined) throw nothingToServe(config)
    return { text: unitOfPages(config, state, standby), exitCode: 0 }
  }
  const settings = pipeline ?? NO_PIPELINE
  const pages = readConsoleSetting(config, settings.listen, { env })
  const watched = readMonitoringSetting(config, { env })
  if (pipeline === undefined && pages === undefined && watched === undefined) throw nothingToServe(config)
  await proveSvn(settings.repositories, runCommand)
  // Nothing that it writes is for everybody; the umask says whether it is for the group.
  process.umask(process.umask() | 0o007)
  const triggers = new HookTriggers(settings.repositories)
  const surroundings = surroundingsOf(env)
  const bus = settings.bus && readBusBroker(config, settings.bus, surroundings)
  const environmentOf = (environment: string) => liveEnvironment({ environment }, surroundings, cwd)
  // An environment that is not right is a mistake of the start, and not of the first green build.
  const { packages = [] } = settings
  const environments = [
    ...settings.repositories.flatMap(({ fetches = [] }) => fetches.map(({ environment }) => environment)),
    ...packages.flatMap((each) => each.environments),
  ].map(environmentOf)
  const shared = readHistorySetting(config, { env })
  const monitored = watched && watchedEnvironment(watched, surroundings, cwd)
  const telling =
    settings.notifications &&
    liveEnvironment(
      settings.notifications.environment === undefined
        ? {}
        : { environment: settings.notifications.environment },
      surroundings,
      cwd,
    )
  const news =
    telling === undefined || settings.notifications === undefined
      ? []
      : releaseNews(settings.notifications, telling, surroundings, cwd)
  const redact = redactor([
    ...triggers.secrets,
    ...new ReportSecrets(settings.repositories).secrets,
    ...settings.repositories.flatMap(({ build }) => (build?.kind === 'jenkins' ? [build.token] : [])),
    ...settings.repositories.flatMap(({ status }) => status?.token ?? []),
    ...(bus?.secrets ?? []),
    ...(pages?.openid === undefined ? [] : [pages.openid.secret]),
    ...(shared?.password === undefined ? [] : [shared.password]),
    ...environments.flatMap(secretsOf),
    ...(watched?.secrets ?? []),
    ...(monitored === undefined ? [] : secretsOf(monitored)),
    ...(telling === undefined ? [] : secretsOf(telling)),
  ])
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, hooks: { streamWrite: redact } })
  for (const warning of [...settings.warnings, ...(bus?.warnings ?? []), ...(watched?.warnings ?? [])])
    log.warn(warning)
  const fleets = {
    takesTag,
    fetch: (order: FetchOrder, signal: AbortSignal) =>
      fetchOnHosts(order, { environmentOf, clock: systemClock }, signal),
    refresh: (order: RefreshOrder, signal: AbortSignal) =>
      refreshOnHosts(order, { environmentOf, clock: systemClock }, signal),
  }
  // Builds are proven when it takes over; a user that is not there is no news for that moment.
  if (standby) for (const user of buildUsersOf(settings.repositories)) await lookUpAccount(user, runCommand)
  const sharing = shared && new SharingNow()
  const calling = {
    lockstep: [process.execPath, PROGRAM],
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
  const plans = new PlanDesk(settings, takesTag)
  const desk = new StartDesk(new CommandStarts(calling))
  const rights = pages === undefined ? NO_RIGHTS : rightsOfConsole(pages, state, systemClock)
  const looks = new LookDesk(new CommandLooks(calling))
  const starts = pages && startSources(pages, { config, state, env, desk, rights })
  const content =
    starts &&
    consoleContent({ config, state, hasPipeline: pipeline !== undefined, sharing, plans, starts, looks }, env)
  const manager = takeServiceManager(log)
  const folders = { state, history: resolve(cwd, foldersIn(env).history) }
  const shareUntil = async (signal: AbortSignal) => {
    const beganAt = systemClock.now()
    const { notKnown, faults } = await openHistory({ config, env, folders }, signal)
    sharing?.hear(notKnown && redact(notKnown), beganAt)
    return notKnown ?? faults[0]
  }
  const deploys = new CommandDeploys(calling)
  const kept =
    watched &&
    monitored &&
    monitoringIn(watched, monitored, { state, cwd, context: surroundings, redact, log })
  try {
    await serveUntil({
      settings,
      triggers,
      state,
      env,
      clock: systemClock,
      log,
      redact,
      parts: [
        ...partsWith(bus, settings.repositories),
        ...fetchParts(settings, fleets),
        ...packageParts(packages, fleets),
        ...statusParts(settings.repositories),
        ...news,
        ...(shared === undefined ? [] : [historyPart(shareUntil)]),
        ...deployParts(settings, { deploys, takesTag, nameOf: userName, rights }),
        ...(pages === undefined ? [] : [plans.part, desk.part, looks.part]),
        ...(kept === undefined ? [] : [kept.part]),
      ],
      prove: () =>
        proveBuilds(settings, [...(pages?.secretFiles ?? []), ...(watched?.secretFiles ?? [])], {
          state,
          config,
          env,
        }),
      ...(standby ? { standby: { random: Math.random } } : {}),
      ...(pages === undefined || content === undefined
        ? {}
        : {
            tls: pages.tls,
            openPages: (context) =>
              openConsole(pages, content, { ...context, state, clock: systemClock, log }),
          }),
      // Monitoring alone is told nothing over HTTP.
      listens: pipeline !== undefined || pages !== undefined,
      signal: endOfProcess(),
      onReady: () => manager.start(),
    })
  } finally {
    await kept?.close()
    manager.stop()
  }
  return { text: '', exitCode: 0 }
}

async function proveBuilds(
  { repositories, spool, secretFiles }: PipelineSettings,
  secretsOfPages: readonly string[],
  { state, config, env }: { state: string; config: string } & Pick<Call, 'env'>,
): Promise<void> {
  const programs = [process.execPath, ...(env['PATH'] ?? '').split(':').filter(isAbsolute)]
  const folder = dirname(config)
  // What stands beside a feature, such as cucumber.js and steps of a team, decides what it does.
  const deployed = repositories.flatMap(({ deploys = [] }) =>
    deploys.flatMap(({ feature }) => decidingFiles(folder, feature)),
  )
  const others = [config, spool, join(spool, 'new'), join(spool, 'tmp'), __dirname, ...programs, ...deployed]
  const guarded = {
    state,
    secrets: [...secretFiles, ...secretsOfPages, join(homedir(), '.netrc'), VARIABLES_FILE],
    others,
  }
  const own = process.geteuid?.() ?? -1
  for (const user of buildUsersOf(repositories))
    await proveBuildUser(user, guarded, { run: runCommand, clock: systemClock, own })
}

function endOfProcess(): AbortSignal {
  const end = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end.abort())
  return end.signal
}

async function unitOf(
  config: string,
  state: string,
  { path: spool, buildUsers, rollsOut }: SpoolSetting,
  isStandby: boolean,
): Promise<string> {
  const accounts = await Promise.all(buildUsers.map((user) => lookUpAccount(user, runCommand)))
  const options = ['--config', config, '--state', state, ...(isStandby ? ['--standby'] : [])]
  return serveUnit({
    command: [process.execPath, PROGRAM, 'serve', ...options],
    writes: [state, spool, ...accounts.map(({ home }) => home), ...(monitoringFolders(config) ?? [])],
    rollsOut,
    capabilities: accounts.length === 0 ? [] : BUILD_CAPABILITIES,
  })
}

function nothingToServe(config: string): LockstepError {
  return new LockstepError(
    'bad-config',
    `${config} has no pipeline; expected pipeline: { repositories: … }, as docs/pipeline.md has it, console: { … }, as docs/console.md has it, or monitoring: { … }, as docs/monitoring.md has it`,
  )
}

/** Returns the unit of a `lockstep serve` that has pages alone. */
function unitOfPages(config: string, state: string, isStandby: boolean): string {
  const options = ['--config', config, '--state', state, ...(isStandby ? ['--standby'] : [])]
  const command = [process.execPath, PROGRAM, 'serve', ...options]
  return serveUnit({
    command,
    writes: [state, ...(monitoringFolders(config) ?? [])],
    rollsOut: false,
    capabilities: [],
  })
}

/** Returns the name of a user of this machine, or its number where it has none. */
async function userName(user: number): Promise<string> {
  const { exitCode, stdout } = await runCommand('id', ['-nu', '--', String(user)], { within: 10_000 })
  const name = stdout.trim()
  return exitCode === 0 && name !== '' ? name : `user ${user}`
}
