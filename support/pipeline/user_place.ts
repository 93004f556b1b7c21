import { closeSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandResult, CommandRunner } from '../system/command'
import { pickReason } from '../system/reason'
import type { BuildFolders } from './build_folders'
import type { BuildPlace, PlaceLimits, WorkFolders } from './build_place'
import type { BuildUser, RunLimits } from './build_user'
import type { CheckedOut, CommitSource } from './mirror'

const COPY_WITHIN_MS = 1_800_000
/** A build may leave a pipe in place of a file of git. */
const LOOK_WITHIN_MS = 60_000
const REMOVE_WITHIN_MS = 600_000
/** The folder of the builds in the home of their user. */
const BUILDS = 'lockstep-builds'

/**
 * Removes a folder, also one whose folders no one may open. A link goes, and what it names stays. Modes are changed from
 * within the folder above: a build may leave folders whose paths are too long for any program.
 */
const REMOVE = `remove() {
  rm -rf -- "$1" 2>/dev/null && return
  if [ ! -L "$1" ]; then find "$1" -type d ! -perm -0700 -execdir chmod u+rwx '{}' ';'; fi
  rm -rf -- "$1"
}
`
/** Makes the folders of a build anew: an earlier build may have left anything in the home. */
const FILL = `${REMOVE}
set -eu
[ -w "$1" ] && [ -x "$1" ] || chmod u+rwx "$1"
remove "$1/${BUILDS}"
umask 077
mkdir "$1/${BUILDS}" "$2" "$2/home" "$2/tmp"
umask 022
mkdir "$2/source"
cd "$2/source"
tar -xf -
git update-index -q --refresh || :`
const CLEAR = `${REMOVE}
[ -w "$1" ] && [ -x "$1" ] || chmod u+rwx "$1"
remove "$1/${BUILDS}"`
const NO_SETTINGS = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_NO_LAZY_FETCH: '1' }

/**
 * A place of another user. This process touches nothing there itself: each file is made, read and removed by programs of
 * that user, and so no link, mode or name that a build leaves can lead the rights of this process astray.
 */
export class UserPlace implements BuildPlace {
  constructor(
    private readonly user: BuildUser,
    private readonly folders: BuildFolders,
    private readonly runCommand: CommandRunner,
  ) {}

  foldersOf(build: string): WorkFolders {
    const path = this.pathOf(build)
    const [source, home, temporary] = ['source', 'home', 'tmp'].map((name) => join(path, name))
    return { source, home, temporary } as WorkFolders
  }

  async fill(build: string, commit: string, source: CommitSource, signal: AbortSignal): Promise<CheckedOut> {
    // What an earlier build has left running could change this one.
    const left = await this.user.endAll()
    if (left !== undefined) return { kind: 'fault', why: left }
    const own = this.folders.of(build)
    const checkedOut = await source.checkOut(commit, own.source, signal)
    if (checkedOut.kind !== 'ready') return checkedOut
    const why = await this.handOver(build, own.source, signal)
    await this.folders.clear(build)
    return why === undefined ? checkedOut : { kind: 'fault', why }
  }

  async run(build: string, command: readonly string[], limits: PlaceLimits): Promise<CommandResult> {
    const ended = await this.user.runIn(this.foldersOf(build).source, command, { ...limits, umask: 0o022 })
    // What goes on is killed again before the next build, which does not begin until nothing is left.
    await this.user.endAll()
    return ended
  }

  /** Asks as the user: the settings of a clone that a build has written have no rights of this process. */
  async readHead(build: string, signal: AbortSignal): Promise<string | undefined> {
    const git = ['git', '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null']
    const { exitCode, stdout } = await this.user.runIn(
      '/',
      [...git, `--git-dir=${this.foldersOf(build).source}/.git`].concat([
        'rev-parse',
        '--verify',
        '--quiet',
        'HEAD^{commit}',
      ]),
      { within: LOOK_WITHIN_MS, signal, env: NO_SETTINGS },
    )
    return exitCode === 0 ? stdout.trim() : undefined
  }

  async clear(build: string): Promise<string | undefined> {
    const left = await this.user.endAll()
    const own = await this.folders.clear(build)
    return left ?? own ?? (await clearBuildsOf(this.user))
  }

  /** Copies a folder through a file that the user cannot open, and gets open. Returns why it could not. */
  private async handOver(build: string, from: string, signal: AbortSignal): Promise<string | undefined> {
    const archive = join(this.folders.of(build).path, 'source.tar')
    try {
      const limits = { within: COPY_WITHIN_MS, signal, umask: 0o077 }
      const packed = faultOf(await this.runCommand('tar', ['-C', from, '-cf', archive, '.'], limits))
      if (packed !== undefined) return packed
      const input = openSync(archive, 'r')
      try {
        return faultOf(await this.fillFrom(build, { within: COPY_WITHIN_MS, signal, input }))
      } finally {
        closeSync(input)
      }
    } finally {
      rmSync(archive, { force: true })
    }
  }

  private fillFrom(build: string, limits: RunLimits): Promise<CommandResult> {
    const env = { ...NO_SETTINGS, GIT_OPTIONAL_LOCKS: '1' }
    return this.user.sh(FILL, [this.user.account.home, this.pathOf(build)], { ...limits, env })
  }

  private pathOf(build: string): string {
    return join(this.user.account.home, BUILDS, build)
  }
}

/** Removes the folders of all builds of a user. Returns why something is left. */
export async function clearBuildsOf(user: BuildUser): Promise<string | undefined> {
  return faultOf(await user.sh(CLEAR, [user.account.home], { within: REMOVE_WITHIN_MS }))
}

function faultOf({ exitCode, output, failure }: CommandResult): string | undefined {
  if (exitCode === 0) return undefined
  return pickReason(output) || failure || `a program exited with ${exitCode}`
}
