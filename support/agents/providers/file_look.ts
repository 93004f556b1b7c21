import type { Data } from '../../rpc/contracts/contract'
import type { CommandRunner } from '../../system/command'
import type { FileLook } from '../data_sources'
import { LOOK_WITHIN, toItsEnd } from './programs'

/** A longer file has no digest. */
const MAX_DIGEST = 16 * 1024 * 1024

/**
 * Prints the time of the host, what is at a path, and the digest of a file that is not too long. The times are seconds since
 * 1970, and as the clock on the host's wall tells them.
 */
const SCRIPT = `path=$1
case $path in -*) path=./$path ;; esac
LC_ALL=C; export LC_ALL
date '+now %s'
stat -c 'stat %f %s %u %g %Y %Z %X' -- "$path" 2>/dev/null || exit 0
stat -c 'local %y|%z|%x' -- "$path"
[ -f "$path" ] && [ ! -L "$path" ] && [ "$(stat -c %s -- "$path")" -le ${MAX_DIGEST} ] && md5sum <"$path" 2>/dev/null
exit 0`

/** Returns a look at the paths of a host, by its own programs. */
export function fileLook(run: CommandRunner): FileLook {
  const program = toItsEnd(run)
  return async (path) => {
    // No path has such a byte, and no argument of a program either.
    if (path.includes('\0')) return noFile(path)
    const { stdout } = await program('sh', ['-c', SCRIPT, 'sh', path], { within: LOOK_WITHIN })
    const number = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stdout)?.[1])
    const [, bits = '', size, uid, gid, ...times] =
      /^stat ([\da-f]+) (\d+) (\d+) (\d+) (-?\d+) (-?\d+) (-?\d+)$/m.exec(stdout) ?? []
    if (bits === '') return noFile(path)
    const [, ...shown] = /^local ([^.|\n]*)[^|\n]*\|([^.|\n]*)[^|\n]*\|([^.|\n]*)/m.exec(stdout) ?? []
    const mode = parseInt(bits, 16)
    const [, digest] = /^([\da-f]{32}) /m.exec(stdout) ?? []
    const all = TIMES.flatMap((name, index) =>
      Object.entries(timesOf(name, shown[index] ?? '', Number(times[index]), number('now'))),
    )
    return {
      name: path,
      output: 'present',
      type: TYPES[mode & 0o170000] ?? 'unknown',
      mode: mode.toString(8),
      present: 1,
      size: Number(size),
      uid: Number(uid),
      gid: Number(gid),
      md5: digest ?? 0,
      ...Object.fromEntries(all),
    }
  }
}

/** Tells of a path where nothing is, as MCollective does. */
export function noFile(path: string): Record<string, Data> {
  return {
    name: path,
    output: 'not present',
    type: 'unknown',
    mode: '0000',
    present: 0,
    size: 0,
    uid: 0,
    gid: 0,
    md5: 0,
    ...Object.fromEntries(
      TIMES.flatMap((name) => [
        [name, 0],
        [`${name}_seconds`, 0],
        [`${name}_age`, null],
      ]),
    ),
  }
}

const TIMES = ['mtime', 'ctime', 'atime'] as const

/** Source: inode(7) */
const TYPES: Readonly<Record<number, string>> = {
  0o100000: 'file',
  0o040000: 'directory',
  0o120000: 'symlink',
  0o140000: 'socket',
  0o020000: 'chardev',
  0o060000: 'blockdev',
}

/** Formats a time as MCollective does: in the host's own zone, in seconds since 1970, and as seconds ago. */
function timesOf(name: string, shown: string, seconds: number, now: number): Record<string, Data> {
  return { [name]: shown, [`${name}_seconds`]: seconds, [`${name}_age`]: now - seconds }
}
