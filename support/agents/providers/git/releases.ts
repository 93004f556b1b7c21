import { existsSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { CommandRunner } from '../../../system/command'
import { namesIn, readForeignFile } from '../../../system/regular_file'
import { DeployFailed } from '../../git'
import { complaint, LOOK_WITHIN, toItsEnd } from '../programs'
import type { GitProgram } from './git_program'
import { isCommitId, isOwnFolder, type Places } from './places'

/** Milliseconds that a release may take to be made ready. */
const BUILD_WITHIN = 120_000
/** Milliseconds after which what a look has left behind is removed. */
const STALE_MS = 3_600_000
/** Bytes of a file that says what git does not compare. */
const MAX_EXCLUDES = 64 * 1024

/**
 * The releases in a folder: made ready beside, switched to by one rename, removed by one rename. All is done as the user
 * of the files, so that no link in the folder leads further than that user could go.
 */
export class Releases {
  private readonly program

  constructor(
    private readonly places: Places,
    run: CommandRunner,
    private readonly git: GitProgram,
    private readonly newId: () => string,
    private readonly now: () => number,
  ) {
    this.program = toItsEnd(run)
  }

  pathOf(commit: string): string {
    return join(this.places.releases, commit)
  }

  has(commit: string): boolean {
    return namesIn(this.places.releases).includes(commit)
  }

  /**
   * Makes the folder of a commit. It has its name only once its files are whole and on disk.
   * @throws DeployFailed, or Error with a program's words
   */
  async build(commit: string, signal: AbortSignal): Promise<void> {
    await this.refuseSubmodules(commit, signal)
    const beside = join(this.places.releases, `.${commit}.new`)
    await this.do('rm', '-rf', '--', beside)
    await this.do('mkdir', '-p', '--', beside)
    await this.withIndex(beside, async (tree) => {
      const checkout = ['read-tree', '--reset', '-u', commit]
      await this.git.git(checkout, { tree, cwd: beside, within: BUILD_WITHIN, signal, outlives: true })
    })
    const changes = await this.changesIn(beside, commit, signal)
    if (changes.length > 0)
      throw new DeployFailed(`the release could not be written as it is in ${commit}: ${changes[0]}`)
    await this.do('sync', '-f', '--', beside)
    await this.do('mv', '-T', '--', beside, this.pathOf(commit))
    await this.do('sync', '--', this.places.releases)
  }

  /** Returns the files of a release that differ from its commit, and those that neither it nor `.gitignore` knows. */
  changes(commit: string, signal: AbortSignal): Promise<string[]> {
    return this.changesIn(this.pathOf(commit), commit, signal)
  }

  /** Serves a release: one rename of a link. */
  async switchTo(commit: string): Promise<void> {
    const { current, folder, releases } = this.places
    if (!isOwnFolder(this.pathOf(commit), folder))
      throw new DeployFailed(`${releases}/${commit} is no folder of its own`)
    const beside = join(folder, '.current.new')
    await this.do('rm', '-f', '--', beside)
    await this.do('ln', '-s', '--', `releases/${commit}`, beside)
    await this.do('mv', '-T', '--', beside, current)
    await this.do('sync', '--', folder)
  }

  /** Removes a release. It loses its name first, so that no half of it is ever taken for a release. */
  async discard(commit: string): Promise<void> {
    const gone = join(this.places.releases, `.${commit}.gone`)
    await this.do('rm', '-rf', '--', gone)
    await this.do('mv', '-T', '--', this.pathOf(commit), gone)
    await this.do('rm', '-rf', '--', gone)
  }

  /** Removes all releases but the first `keep` of `wanted`, and those of `needed`; and what was left behind. */
  async prune(keep: number, wanted: readonly string[], needed: readonly string[]): Promise<void> {
    const there = namesIn(this.places.releases)
    const order = [...new Set([...needed, ...wanted])].filter((commit) => there.includes(commit))
    const kept = new Set([...needed, ...order.slice(0, keep)])
    for (const name of there) {
      if (isCommitId(name) && !kept.has(name)) await this.discard(name)
      const leftover = /^\.[0-9a-f]+\.(new|gone)$/.test(name)
      if (leftover) await this.do('rm', '-rf', '--', join(this.places.releases, name))
    }
    for (const name of namesIn(this.places.scratch)) {
      const path = join(this.places.scratch, name)
      const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Infinity }
      if (this.now() - mtimeMs > STALE_MS) await this.do('rm', '-f', '--', path)
    }
  }

  /**
   * Compares files with a commit through an index of its own. It knows no file yet, so every file is read: an edit that
   * keeps size and time is found as well. What hides files from git without being in the commit counts as a change itself.
   */
  private changesIn(files: string, commit: string, signal: AbortSignal): Promise<string[]> {
    return this.withIndex(files, async (tree) => {
      const limits = { tree, cwd: files, signal }
      await this.git.git(['read-tree', commit], limits)
      const listed = [
        'status',
        '--porcelain=v1',
        '-z',
        '--untracked-files=all',
        '--ignored=matching',
        '--no-renames',
        '--ignore-submodules=none',
      ]
      const entries = (await this.git.git(listed, limits)).split('\0').filter(Boolean)
      const ignored = entries.flatMap((entry) => (entry.startsWith('!! ') ? [entry.slice(3)] : []))
      // The first letter is about a branch, of which there is none; the second one is about the file.
      const changed = entries.flatMap((entry) =>
        /^.[ !]/.test(entry) ? [] : [`${entry[1]} ${entry.slice(3)}`],
      )
      // Below a folder that the commit ignores, nothing is compared.
      const hiding = [
        ...ignored.filter((path) => basename(path) === '.gitignore'),
        ...(await this.gitFoldersIn(files, signal)).filter(
          (path) => !ignored.some((folder) => folder.endsWith('/') && path.startsWith(folder)),
        ),
      ]
      return [...changed, ...hiding.map((path) => `? ${path}`), ...this.ownExcludes()]
    })
  }

  /** Returns what is called `.git` in a release: git never looks at it, and a release has none. */
  private async gitFoldersIn(files: string, signal: AbortSignal): Promise<string[]> {
    const args = ['-P', files, '-name', '.git', '-prune', '-print0']
    const { stdout } = await this.program('find', args, { within: LOOK_WITHIN, signal })
    return stdout.split('\0').flatMap((path) => (path === '' ? [] : [path.slice(files.length + 1)]))
  }

  /** Returns the files of the repository that would hide files of a release from git. */
  private ownExcludes(): string[] {
    const info = join(this.places.repository, 'info')
    return ['exclude', 'attributes'].flatMap((name) => {
      const path = join(info, name)
      if (!existsSync(path)) return []
      const lines = readForeignFile(path, MAX_EXCLUDES).toString('utf8').split('\n')
      return lines.some((line) => /^\s*[^#\s]/.test(line)) ? [`! ${path}`] : []
    })
  }

  private async withIndex<T>(
    files: string,
    work: (tree: { files: string; index: string }) => Promise<T>,
  ): Promise<T> {
    const index = join(this.places.scratch, `index-${this.newId()}`)
    if (!existsSync(this.places.scratch)) await this.do('mkdir', '-p', '--', this.places.scratch)
    try {
      return await work({ files, index })
    } finally {
      await this.do('rm', '-f', '--', index, `${index}.lock`)
    }
  }

  /** A submodule would be an empty folder that looks like a release. */
  private async refuseSubmodules(commit: string, signal: AbortSignal): Promise<void> {
    const entries = (await this.git.git(['ls-tree', '-r', '-z', commit], { signal })).split('\0')
    const submodule = entries.find((entry) => entry.startsWith('160000 '))?.split('\t')[1]
    if (submodule !== undefined)
      throw new DeployFailed(`the commit has the submodule ${submodule}, whose files would be missing`)
  }

  private async do(program: string, ...args: string[]): Promise<void> {
    const ended = await this.program(program, args, { within: LOOK_WITHIN })
    if (ended.exitCode !== 0) throw complaint(program, ended, /^\w+: /)
  }
}
