import { liveEnvironment } from '../composition/environments'
import { readBusBroker, type BusBroker } from '../config/bus_broker'
import { checkConsoleSetting, readConsoleSetting, type ConsoleSettings } from '../config/console_setting'
import { secretsOf, type Environment } from '../config/environment'
import { readHistorySetting, type DatabaseSettings } from '../config/history_setting'
import {
  monitoringFolders,
  readMonitoringSetting,
  type MonitoringSettings,
} from '../config/monitoring_setting'
import { readPipelineSetting, type PipelineSettings } from '../config/pipeline_setting'
import { surroundingsOf, type RunSurroundings } from '../run/parameters'
import { HookTriggers } from '../server/hook_triggers'
import type { Part } from '../server/part'
import { ReportSecrets } from '../server/report_secrets'
import { LockstepError } from '../system/errors'
import type { Call } from './command'
import { watchedEnvironment } from './monitoring'
import { releaseNews } from './release_news'

/** The pipeline of a lockstep.yaml that has a console, or monitoring, alone. */
const NO_PIPELINE: PipelineSettings = {
  spool: '/var/spool/lockstep',
  listen: { host: '127.0.0.1', port: 8090 },
  bus: undefined,
  runners: new Map(),
  repositories: [],
  warnings: [],
  secretFiles: [],
}

/** All that a `lockstep serve` works by. */
export interface ServeSettings {
  hasPipeline: boolean
  pipeline: PipelineSettings
  pages: ConsoleSettings | undefined
  /** The monitoring that is kept in step, and the environment whose hosts it has. */
  watched: { settings: MonitoringSettings; environment: Environment } | undefined
  /** The database that control hosts share. */
  shared: DatabaseSettings | undefined
  bus: BusBroker | undefined
  triggers: HookTriggers
  /** The parts that tell people of releases. */
  news: readonly Part[]
  surroundings: RunSurroundings
  /** Returns an environment by its name. @throws LockstepError `bad-config` */
  environmentOf(name: string): Environment
  warnings: readonly string[]
  /** All that no log may show. */
  secrets: readonly string[]
}

/**
 * Reads what a `lockstep serve` works by. An environment that is not right is a mistake of the start, and not of the first
 * green build.
 * @throws LockstepError `bad-config`, also where there is nothing to serve
 */
export function readServeSettings(config: string, { env, cwd }: Pick<Call, 'env' | 'cwd'>): ServeSettings {
  const read = readPipelineSetting(config, { env })
  const pipeline = read ?? NO_PIPELINE
  const pages = readConsoleSetting(config, pipeline.listen, { env })
  const monitoring = readMonitoringSetting(config, { env })
  if (read === undefined && pages === undefined && monitoring === undefined) throw nothingToServe(config)
  const triggers = new HookTriggers(pipeline.repositories)
  const surroundings = surroundingsOf(env)
  const bus = pipeline.bus && readBusBroker(config, pipeline.bus, surroundings)
  const environmentOf = (environment: string) => liveEnvironment({ environment }, surroundings, cwd)
  const environments = environmentNamesOf(pipeline).map(environmentOf)
  const shared = readHistorySetting(config, { env })
  const watched = monitoring && {
    settings: monitoring,
    environment: watchedEnvironment(monitoring, surroundings, cwd),
  }
  const { notifications } = pipeline
  const telling = notifications && environmentOfNews(notifications, surroundings, cwd)
  return {
    hasPipeline: read !== undefined,
    pipeline,
    pages,
    watched,
    shared,
    bus,
    triggers,
    news: notifications && telling ? releaseNews(notifications, telling, surroundings, cwd) : [],
    surroundings,
    environmentOf,
    warnings: [...pipeline.warnings, ...(bus?.warnings ?? []), ...(monitoring?.warnings ?? [])],
    secrets: [
      ...triggers.secrets,
      ...secretsOfRepositories(pipeline),
      ...(bus?.secrets ?? []),
      ...(pages?.openid === undefined ? [] : [pages.openid.secret]),
      ...(shared?.password === undefined ? [] : [shared.password]),
      ...(monitoring?.secrets ?? []),
      ...[...environments, watched?.environment, telling].flatMap((each) => (each ? secretsOf(each) : [])),
    ],
  }
}

/**
 * Expects pages or monitoring in a lockstep.yaml that has no pipeline. It reads no secret: who writes a unit need not have
 * those of the console.
 * @throws LockstepError `bad-config`
 */
export function expectSomethingToServe(config: string, { env }: Pick<Call, 'env'>): void {
  const pipeline = readPipelineSetting(config, { env }) ?? NO_PIPELINE
  const hasPages = checkConsoleSetting(config, pipeline.listen)
  if (!hasPages && monitoringFolders(config) === undefined) throw nothingToServe(config)
}

function environmentNamesOf({ repositories, packages = [] }: PipelineSettings): string[] {
  return [
    ...repositories.flatMap(({ fetches = [] }) => fetches.map(({ environment }) => environment)),
    ...packages.flatMap((each) => each.environments),
  ]
}

function environmentOfNews(
  { environment }: NonNullable<PipelineSettings['notifications']>,
  surroundings: RunSurroundings,
  cwd: string,
): Environment {
  return liveEnvironment(environment === undefined ? {} : { environment }, surroundings, cwd)
}

function secretsOfRepositories({ repositories }: PipelineSettings): string[] {
  return [
    ...new ReportSecrets(repositories).secrets,
    ...repositories.flatMap(({ build }) => (build?.kind === 'jenkins' ? [build.token] : [])),
    ...repositories.flatMap(({ status }) => status?.token ?? []),
  ]
}

function nothingToServe(config: string): LockstepError {
  return new LockstepError(
    'bad-config',
    `${config} has no pipeline; expected pipeline: { repositories: … }, as docs/pipeline.md has it, console: { … }, as docs/console.md has it, or monitoring: { … }, as docs/monitoring.md has it`,
  )
}
