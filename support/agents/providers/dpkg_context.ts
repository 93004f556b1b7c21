import type { CommandRunner } from '../../system/command'
import { readTexts } from '../../system/host_texts'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

/** The facts beside apt itself that decide whether an installation would succeed. */
export interface DpkgContext {
  /** Resolves with the process that locks dpkg's database, such as `process 84 (apt-get)`. */
  lockedBy(): Promise<string | undefined>
  /** Resolves with the free bytes of the file system that packages are unpacked to. */
  freeBytes(): Promise<number>
}

const LOCKS = ['/var/lib/dpkg/lock-frontend', '/var/lib/dpkg/lock']
/** Prints the inodes of files, and the kernel's table of locks. A host without /proc has no table. */
const SCRIPT = `stat -L -c 'inode %i' -- "$@" 2>/dev/null; cat /proc/locks 2>/dev/null; exit 0`

/** Returns the facts as the host's own tools tell them. */
export function dpkgContext(run: CommandRunner): DpkgContext {
  const program = toItsEnd(run)
  return {
    async lockedBy() {
      const { stdout } = await program('sh', ['-c', SCRIPT, 'sh', ...LOCKS], { within: LOOK_WITHIN })
      const inodes = [...stdout.matchAll(/^inode (\d+)$/gm)].map(([, inode]) => Number(inode))
      const [pid] = inodes.flatMap((inode) => holderOf(stdout, inode) ?? [])
      return pid === undefined ? undefined : `process ${pid} (${await nameOf(run, pid)})`
    },
    async freeBytes() {
      const ended = await program('stat', ['-f', '-c', '%a %S', '/usr'], { within: LOOK_WITHIN })
      const [, blocks, size] = /^(\d+) (\d+)$/.exec(ended.stdout) ?? []
      if (ended.exitCode !== 0 || blocks === undefined) throw complaint('stat', ended, /./)
      return Number(blocks) * Number(size)
    },
  }
}

/** Returns the process that locks an inode, by the kernel's table: `1: POSIX  ADVISORY  WRITE 84 08:01:1234 0 EOF`. */
export function holderOf(table: string, inode: number): string | undefined {
  for (const line of table.split('\n')) {
    const [, pid, locked] = /^\d+: POSIX +\w+ +WRITE +(\d+) +[\da-f]+:[\da-f]+:(\d+) /.exec(line) ?? []
    if (Number(locked) === inode) return pid
  }
  return undefined
}

async function nameOf(run: CommandRunner, pid: string): Promise<string> {
  const path = `/proc/${pid}/comm`
  const name = (await readTexts(run, [path])).get(path)
  return typeof name === 'string' ? name.trim() : 'ended since'
}
