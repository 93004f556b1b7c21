import { mkdirSync } from 'node:fs'
import type { CommandLimits, CommandResult, CommandRunner } from '../system/command'
import type { BuildFolders } from './build_folders'
import type { Git } from './git'
import { readHead, type CheckedOut, type CommitSource } from './mirror'

/** The folders that the command of a build works in. */
export interface WorkFolders {
  /** The files of the commit: the folder that the command runs in. */
  source: string
  home: string
  temporary: string
}

/** Limits of a command, and the variables that it gets beside PATH. */
export type PlaceLimits = Required<Pick<CommandLimits, 'within' | 'signal' | 'env' | 'onOutput'>>

/** Where the command of a build runs, and as which user. */
export interface BuildPlace {
  /** Returns where a build works. */
  foldersOf(build: string): WorkFolders
  /** Makes the folders of a build, with the files of its commit. A fault says nothing of the commit. */
  fill(build: string, commit: string, source: CommitSource, signal: AbortSignal): Promise<CheckedOut>
  /** Runs the command, and ends all that it has started. */
  run(build: string, command: readonly string[], limits: PlaceLimits): Promise<CommandResult>
  /** Returns the commit that is checked out; undefined where git cannot tell. */
  readHead(build: string, signal: AbortSignal): Promise<string | undefined>
  /** Removes what a build worked in. Returns why something is left. */
  clear(build: string): Promise<string | undefined>
}

/** A place of the user of this process, which shuts nothing in. */
export class OwnPlace implements BuildPlace {
  constructor(
    private readonly folders: BuildFolders,
    private readonly runCommand: CommandRunner,
    private readonly git: Git,
  ) {}

  foldersOf(build: string): WorkFolders {
    return this.folders.of(build)
  }

  async fill(build: string, commit: string, source: CommitSource, signal: AbortSignal): Promise<CheckedOut> {
    const { source: into, home, temporary } = this.folders.of(build)
    const checkedOut = await source.checkOut(commit, into, signal)
    if (checkedOut.kind === 'ready') for (const own of [home, temporary]) mkdirSync(own, 0o700)
    return checkedOut
  }

  run(
    build: string,
    [program = '', ...args]: readonly string[],
    limits: PlaceLimits,
  ): Promise<CommandResult> {
    return this.runCommand(program, args, {
      ...limits,
      cwd: this.folders.of(build).source,
      leavesNothing: true,
      umask: 0o022,
      inherits: (name) => name === 'PATH',
    })
  }

  readHead(build: string, signal: AbortSignal): Promise<string | undefined> {
    return readHead(this.git, this.folders.of(build).source, signal)
  }

  clear(build: string): Promise<string | undefined> {
    return this.folders.clear(build)
  }
}
