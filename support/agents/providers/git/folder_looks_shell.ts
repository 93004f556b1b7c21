import { join, normalize } from 'node:path'
import type { CommandRunner } from '../../../system/command'
import { complaint, LOOK_WITHIN, toItsEnd } from '../programs'
import type { FolderLooks } from './folder_looks'

/** What all scripts begin with. A path is printed with a NUL behind it: it may have any other byte. */
const COMMON = String.raw`export LC_ALL=C
own() { [ -d "$1" ] && [ ! -L "$1" ] && realpath -ez -- "$1" && realpath -ez -- "$2"; }
`
/** `sh <current> <folder> <repository>` prints `repository` or nothing, the kind, the text of a link, and two real paths. */
const SERVED = String.raw`${COMMON}current=$1 folder=$2
[ -e "$3/HEAD" ] && printf repository
printf '\0'
kind=$(stat -c %f -- "$current" 2>&1) || case $kind in
  *': No such file or directory') printf 'none\0'; exit 0 ;;
  *) printf '%s\n' "$kind" >&2; exit 1 ;;
esac
case $kind in a???) ;; *) printf 'no link\0'; exit 0 ;; esac
printf 'link\0'
readlink -z -- "$current" || exit
own "$folder/$(readlink -n -- "$current")" "$folder" || :`
/** `sh <path> <folder>` prints two real paths. */
const OWN = `${COMMON}own "$1" "$2" || :`
/** `sh <path>` prints `yes` or nothing. */
const PROGRAM = `if [ -f "$1" ] && [ -x "$1" ]; then echo yes; fi`
/** `sh <path> <release>` prints `yes` or nothing, and two real paths. */
const SCRIPT = String.raw`if [ -f "$1" ] && [ -x "$1" ]; then printf yes; fi
printf '\0'
realpath -ez -- "$1" && realpath -ez -- "$2" || :`

/** Looks at the folders of repositories on a host that has a shell, and the tools of GNU coreutils. */
export function shellFolderLooks(run: CommandRunner): FolderLooks {
  const program = toItsEnd(run)
  const look = async (script: string, args: readonly string[]): Promise<readonly string[]> => {
    const ended = await program('sh', ['-c', script, 'sh', ...args], { within: LOOK_WITHIN })
    if (ended.exitCode !== 0) throw complaint('sh', ended, /^\w+: /)
    return ended.stdout.split('\0')
  }
  return {
    async atServed({ current, folder, repository }) {
      const [has, kind, target = '', ...real] = await look(SERVED, [current, folder, repository])
      const hasRepository = has === 'repository'
      if (kind === 'none') return { hasRepository, link: { kind } }
      if (kind === 'no link') return { hasRepository, link: { kind } }
      if (kind !== 'link') throw new Error(`the host does not say what ${current} is`)
      const isOwn = isSame(join(folder, target), folder, real)
      return { hasRepository, link: { kind, target, isOwn } }
    },
    isOwnFolder: async (path, folder) => isSame(path, folder, await look(OWN, [path, folder])),
    isProgram: async (path) => (await look(PROGRAM, [path]))[0] === 'yes',
    async atScript(written, release) {
      const [isProgram, real = '', realRelease = ''] = await look(SCRIPT, [join(release, written), release])
      if (real === '' || realRelease === '') return 'none'
      if (!real.startsWith(`${realRelease}/`)) return 'leads out'
      return isProgram === 'yes' ? 'program' : 'not executable'
    },
  }
}

/** Returns whether a path within a folder is real once the folder's own path is. */
function isSame(path: string, folder: string, [real, realFolder]: readonly string[]): boolean {
  if (real === undefined || real === '' || realFolder === undefined || realFolder === '') return false
  return path.startsWith(`${folder}/`) && real === normalize(path).replace(folder, () => realFolder)
}
