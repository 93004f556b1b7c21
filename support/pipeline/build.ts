import type { CommandBuild } from '../config/build_setting'
import type { CommandResult } from '../system/command'
import { makeFolder } from '../system/folders'
import { shortId } from '../system/git_names'
import { RedactedOutput } from '../system/redacted_output'
import { pickReason } from '../system/reason'
import type { BuildResult } from './events'
import { BuildLog } from './build_log'
import type { BuildFolders } from './build_folders'
import type { BuildPlace, WorkFolders } from './build_place'
import type { CommitSource } from './mirror'

/** A commit whose tests are to be run. */
export interface BuildOrder {
  build: string
  repository: string
  commit: string
  /** A ref that the commit was pushed to. */
  ref: string
  settings: CommandBuild
  source: CommitSource
}

export interface BuildOutcome {
  result: BuildResult
  why: string | null
  /** True where the repository does not have the commit any more. */
  isGone?: boolean
}

export interface BuildSurroundings {
  folders: BuildFolders
  /** Returns where a command runs, by its settings. */
  placeOf(settings: CommandBuild): BuildPlace
  /** The variables of this process; a build gets those that the configuration names. */
  env: Readonly<Record<string, string | undefined>>
  outputAtMost?: number
}

/** The variable that all processes of a build carry. It finds them after a kill of what has started them. */
export function markOf(build: string): string {
  return `${MARK}=${build}`
}

const MARK = 'PIPELINE_BUILD'

/**
 * Runs the tests of one commit in folders of their own, and removes those folders again. A fault of this machine is an
 * interrupted build: it says nothing of the commit. No end of it throws.
 */
export async function runBuild(
  order: BuildOrder,
  surroundings: BuildSurroundings,
  signal: AbortSignal,
): Promise<BuildOutcome> {
  let place: BuildPlace | undefined
  try {
    place = surroundings.placeOf(order.settings)
    return await testCommit(order, place, surroundings, signal)
  } catch (error) {
    return interrupted((error as Error).message)
  } finally {
    // What is left is removed by the next start.
    await place?.clear(order.build)
  }
}

async function testCommit(
  order: BuildOrder,
  place: BuildPlace,
  { folders, env, outputAtMost }: BuildSurroundings,
  signal: AbortSignal,
): Promise<BuildOutcome> {
  const { build, commit, settings } = order
  const folder = folders.of(build)
  makeFolder(folder.path, 0o700)
  const filled = await place.fill(build, commit, order.source, signal)
  if (signal.aborted) return STOPPED
  if (filled.kind === 'gone') return { ...interrupted(filled.why), isGone: true }
  if (filled.kind === 'fault') return interrupted(`its source could not be had: ${filled.why}`)

  const stop = new AbortController()
  const log = new BuildLog(folder.output, () => stop.abort(), outputAtMost)
  const shown = new RedactedOutput(secretsOf(settings, env), (piece) => log.take(piece))
  const ended = await place.run(build, settings.command, {
    within: settings.within,
    signal: AbortSignal.any([signal, stop.signal]),
    env: environmentOf(order, place.foldersOf(build), env),
    onOutput: (piece) => shown.take(piece),
  })
  shown.end()
  log.close()
  if (signal.aborted) return STOPPED
  if (log.fault !== undefined) return interrupted(`its output could not be kept: ${log.fault}`)
  const why = judgeEnd(settings.command, ended)
  if (why !== undefined) return { result: 'failed', why }
  // Tests of another commit say nothing of this one.
  const head = await place.readHead(build, signal)
  if (signal.aborted) return STOPPED
  if (head === commit) return { result: 'succeeded', why: null }
  const left = head === undefined ? 'no commit' : `the commit ${shortId(head)}`
  return { result: 'failed', why: `${nameCommand(settings.command)} left ${left} checked out` }
}

/** Variables that are named are often secrets; what is shorter than that stands in other words by chance. */
const MIN_SECRET = 8

function secretsOf({ environment }: CommandBuild, env: BuildSurroundings['env']): string[] {
  return environment.map((name) => env[name] ?? '').filter((value) => value.length >= MIN_SECRET)
}

/** The environment of a build: what is its own, and the variables that the configuration names. */
function environmentOf(
  { build, repository, commit, ref, settings }: BuildOrder,
  { home, temporary }: WorkFolders,
  env: BuildSurroundings['env'],
): Record<string, string | undefined> {
  const named = settings.environment.map((name) => [name, env[name]] as const)
  return {
    HOME: home,
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    LC_ALL: undefined,
    CI: 'true',
    PIPELINE_REPOSITORY: repository,
    PIPELINE_COMMIT: commit,
    PIPELINE_REF: ref,
    ...Object.fromEntries(named.filter(([, value]) => value !== undefined)),
    [MARK]: build,
  }
}

/** Returns why a command that has ended has not succeeded; undefined where it exited with 0. */
function judgeEnd(command: readonly string[], { exitCode, failure }: CommandResult): string | undefined {
  // Arguments may be secret, and reasons are shown to all who know the id of a delivery.
  const name = nameCommand(command)
  if (exitCode === 0) return undefined
  if (exitCode !== undefined) return `${name} exited with ${exitCode}`
  const what = failure ?? 'it did not run'
  if (!what.startsWith('it did not run')) return `${name} ${pickReason(what).replace(/^it /, '')}`
  const [, code] = /^it did not run: Command failed with (E\w+):/.exec(what) ?? []
  return `${name} could not be started${code === undefined ? '' : `: ${code}`}`
}

const MAX_SHOWN_COMMAND = 80

function nameCommand([name = '']: readonly string[]): string {
  return name.length > MAX_SHOWN_COMMAND ? `${name.slice(0, MAX_SHOWN_COMMAND)}…` : name
}

const STOPPED: BuildOutcome = { result: 'interrupted', why: 'lockstep serve was stopped' }

function interrupted(why: string): BuildOutcome {
  return { result: 'interrupted', why }
}
