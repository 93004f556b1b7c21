import { closeSync, openSync, readSync, fstatSync } from 'node:fs'
import { join } from 'node:path'
import { MAX_OUTPUT_END } from '../bus/build_report'
import type { RunnerSettings } from '../config/runner_setting'
import { markOf, runBuild, type BuildSurroundings } from '../pipeline/build'
import { BuildFolders } from '../pipeline/build_folders'
import { OwnPlace } from '../pipeline/build_place'
import { BuildUsers } from '../pipeline/build_users'
import { Git } from '../pipeline/git'
import { Mirror } from '../pipeline/mirror'
import { MAX_KEPT_BUILDS } from '../pipeline/reported_output'
import type { ReportedOutput, RunnerOrder } from '../pipeline/runner_report'
import type { Clock } from '../system/clock'
import { endAllWith, type CommandRunner } from '../system/command'
import { dropSecret } from '../system/url_secret'
import type { LocalBuild } from './ports'

export interface BuildsHereParts extends Pick<RunnerSettings, 'repositories' | 'user'> {
  /** The folder of the state. Only one runner may use it at a time. */
  state: string
  run: CommandRunner
  clock: Clock
  env: BuildSurroundings['env']
  /** The builds whose end is known, the oldest first. */
  ended(): readonly string[]
  onTrouble(sentence: string): void
}

/** The builds of a runner, on this machine. */
export class BuildsHere {
  private readonly folders: BuildFolders
  private readonly git: Git
  private readonly users: BuildUsers
  private readonly surroundings: BuildSurroundings
  private readonly sources: ReadonlyMap<string, Mirror>

  constructor(private readonly parts: BuildsHereParts) {
    const { state, run, env, user, repositories } = parts
    const folder = join(state, 'pipeline')
    this.folders = new BuildFolders(state)
    this.git = new Git(run, folder)
    this.users = new BuildUsers({ ...parts, users: user === undefined ? [] : [user] })
    const own = new OwnPlace(this.folders, run, this.git)
    this.surroundings = {
      folders: this.folders,
      env,
      placeOf: ({ user: name }) => (name === undefined ? own : this.users.placeOf(name, this.folders)),
    }
    this.sources = new Map(
      repositories.map((each) => [each.name, new Mirror(each, join(folder, 'mirrors'), this.git)]),
    )
  }

  /**
   * Ends and removes what a runner that was killed has left.
   * @throws LockstepError `bad-config` where the user of builds is gone
   */
  async beginAfterOthers(): Promise<void> {
    const { onTrouble } = this.parts
    endAllWith(this.git.mark)
    await this.users.open()
    for (const why of await this.users.endLeft()) onTrouble(why)
    const ended = new Set(this.parts.ended())
    for (const build of this.folders.builds) {
      if (!ended.has(build)) endAllWith(markOf(build))
      const why = await this.folders.clear(build)
      if (why !== undefined) onTrouble(`the folder of a build is still there: ${why}`)
    }
  }

  /** Runs the tests of an order. No end of it throws; an order that this runner cannot carry out is an interrupted build. */
  async build(order: RunnerOrder, signal: AbortSignal): Promise<LocalBuild> {
    const { output } = this.folders.of(order.build)
    // An order that was given back, and comes again, begins from nothing.
    await this.folders.keep(new Set(this.kept().filter((build) => build !== order.build)))
    const outcome = this.refuse(order) ?? (await this.run(order, signal))
    return { ...outcome, output: readEnd(output) }
  }

  private kept(): readonly string[] {
    return this.parts.ended().slice(-MAX_KEPT_BUILDS)
  }

  /** Returns how a build ends that cannot begin here. */
  private refuse({ repository, url }: RunnerOrder): Omit<LocalBuild, 'output'> | undefined {
    const own = this.parts.repositories.find(({ name }) => name === repository)
    const why =
      own === undefined
        ? `this runner has no repository ${repository}`
        : dropSecret(own.url) === url
          ? undefined
          : `this runner fetches ${repository} from ${dropSecret(own.url)}, and the order names ${url}`
    return why === undefined ? undefined : { result: 'interrupted', why }
  }

  private async run(order: RunnerOrder, signal: AbortSignal): Promise<Omit<LocalBuild, 'output'>> {
    const { repository, command, within, build, commit, ref } = order
    const source = this.sources.get(repository)
    const own = this.parts.repositories.find(({ name }) => name === repository)
    if (source === undefined || own === undefined)
      return { result: 'interrupted', why: `this runner has no repository ${repository}` }
    const { user } = this.parts
    const settings = { kind: 'command', command, within, environment: own.environment, user } as const
    return runBuild({ build, repository, commit, ref, settings, source }, this.surroundings, signal)
  }
}

/** Returns the end of the output of a build; nothing where there is none. */
function readEnd(path: string): ReportedOutput {
  try {
    const file = openSync(path, 'r')
    try {
      const { size } = fstatSync(file)
      const end = Buffer.alloc(Math.min(size, MAX_OUTPUT_END))
      const read = readSync(file, end, 0, end.length, size - end.length)
      return { end: end.subarray(0, read), bytes: size, path }
    } finally {
      closeSync(file)
    }
  } catch {
    return { end: Buffer.alloc(0), bytes: 0, path }
  }
}
