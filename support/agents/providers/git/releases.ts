import { basename, join } from 'node:path'
import type { CommandRunner } from '../../../system/command'
import type { HostFiles } from '../../../system/host_files'
import { DeployFailed } from '../../git'
import { complaint, LOOK_WITHIN, toItsEnd } from '../programs'
import type { FolderLooks } from './folder_looks'
import type { GitProgram } from './git_program'
import { isCommitId, type Places } from './places'

/** Milliseconds that a release may take to be made ready. */
const BUILD_WITHIN = 120_000
/** Minutes after which what a look has left behind is removed. */
const STALE_MIN = 60
/**
 * Compares files with a commit through an index of its own. `sh <scratch> <index> <commit> <files> <repository>` prints
 * three lists, each entry with a NUL behind it, and a NUL between them: what git tells of files, what is called `.git`,
 * and the files of the repository that would hide files from git.
 */
const COMPARE = String.raw`scratch=$1 index=$2 commit=$3 files=$4 info=$5/info
mkdir -p -- "$scratch" || exit
trap 'rm -f -- "$index" "$index.lock"' EXIT
trap 'exit 143' TERM
git read-tree "$commit" || exit
git status --porcelain=v1 -z --untracked-files=all --ignored=matching --no-renames --ignore-submodules=none || exit
printf '\0'
# Folders that this user cannot look into are not those of a release.
find -P "$files" -name .git -prune -print0
[ "$?" -lt 126 ] || exit 127
printf '\0'
for path in "$info/exclude" "$info/attributes"; do
  [ -e "$path" ] || continue
  if [ -L "$path" ] || [ ! -f "$path" ]; then echo "fatal: $path is no plain file" >&2; exit 3; fi
  grep -q '^[[:space:]]*[^#[:space:]]' "$path"
  case $? in
    0) printf '%s\0' "$path" ;;
    1) ;;
    *) echo "fatal: $path cannot be read" >&2; exit 3 ;;
  esac
done`

export interface ReleasesParts {
  places: Places
  run: CommandRunner
  files: HostFiles
  looks: FolderLooks
  git: GitProgram
  newId: () => string
}

/**
 * The releases in a folder: made ready beside, switched to by one rename, removed by one rename. All is done as the user
 * of the files, so that no link in the folder leads further than that user could go.
 */
export class Releases {
  private readonly program

  private readonly places: Places
  private readonly git: GitProgram

  constructor(private readonly parts: ReleasesParts) {
    this.program = toItsEnd(parts.run)
    this.places = parts.places
    this.git = parts.git
  }

  pathOf(commit: string): string {
    return join(this.places.releases, commit)
  }

  async has(commit: string): Promise<boolean> {
    return (await this.names()).includes(commit)
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
    const index = this.newIndex()
    await this.do('mkdir', '-p', '--', this.places.scratch)
    try {
      const checkout = ['read-tree', '--reset', '-u', commit]
      const tree = { files: beside, index }
      await this.git.git(checkout, { tree, cwd: beside, within: BUILD_WITHIN, signal, outlives: true })
    } finally {
      await this.do('rm', '-f', '--', index, `${index}.lock`)
    }
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
    if (!(await this.parts.looks.isOwnFolder(this.pathOf(commit), folder)))
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
    const there = await this.names()
    const order = [...new Set([...needed, ...wanted])].filter((commit) => there.includes(commit))
    const kept = new Set([...needed, ...order.slice(0, keep)])
    for (const name of there) {
      if (isCommitId(name) && !kept.has(name)) await this.discard(name)
      const leftover = /^\.[0-9a-f]+\.(new|gone)$/.test(name)
      if (leftover) await this.do('rm', '-rf', '--', join(this.places.releases, name))
    }
    const stale = ['-type', 'f', '-mmin', `+${STALE_MIN}`]
    const within = ['-P', this.places.scratch, '-mindepth', '1', '-maxdepth', '1']
    await this.do('find', ...within, ...stale, '-exec', 'rm', '-f', '--', '{}', '+')
  }

  /**
   * Compares files with a commit through an index of its own. It knows no file yet, so every file is read: an edit that
   * keeps size and time is found as well. What hides files from git without being in the commit counts as a change itself.
   */
  private async changesIn(files: string, commit: string, signal: AbortSignal): Promise<string[]> {
    const { scratch, repository } = this.places
    const index = this.newIndex()
    const args = [scratch, index, commit, files, repository]
    const printed = (
      await this.git.script(COMPARE, args, { tree: { files, index }, cwd: files, signal })
    ).split('\0')
    const [entries, gitFolders, excludes] = threeLists(printed)
    const ignored = entries.flatMap((entry) => (entry.startsWith('!! ') ? [entry.slice(3)] : []))
    // The first letter is about a branch, of which there is none; the second one is about the file.
    const changed = entries.flatMap((entry) =>
      /^.[ !]/.test(entry) ? [] : [`${entry[1]} ${entry.slice(3)}`],
    )
    // Below a folder that the commit ignores, nothing is compared.
    const hiding = [
      ...ignored.filter((path) => basename(path) === '.gitignore'),
      ...gitFolders
        .map((path) => path.slice(files.length + 1))
        .filter((path) => !ignored.some((folder) => folder.endsWith('/') && path.startsWith(folder))),
    ]
    return [...changed, ...hiding.map((path) => `? ${path}`), ...excludes.map((path) => `! ${path}`)]
  }

  private newIndex(): string {
    return join(this.places.scratch, `index-${this.parts.newId()}`)
  }

  private async names(): Promise<readonly string[]> {
    return (await this.parts.files.list(this.places.releases)) ?? []
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

/** Splits lists of texts that are not empty at the empty texts between them. @throws Error where the last one has no end */
function threeLists(texts: readonly string[]): [string[], string[], string[]] {
  const [first, second] = [texts.indexOf(''), texts.indexOf('', texts.indexOf('') + 1)]
  if (first === -1 || second === -1 || second === first || texts.at(-1) !== '')
    throw new Error('git was not heard to its end')
  return [texts.slice(0, first), texts.slice(first + 1, second), texts.slice(second + 1, -1)]
}
