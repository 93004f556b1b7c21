import { readFile, stat, statfs } from 'node:fs/promises'

/** What decides beside apt itself whether an installation would go. */
export interface DpkgSurroundings {
  /** Who has dpkg's database, such as `process 84 (apt-get)`. */
  lockedBy(): Promise<string | undefined>
  /** On the file system that packages are unpacked to. */
  freeBytes(): Promise<number>
}

const LOCKS = ['/var/lib/dpkg/lock-frontend', '/var/lib/dpkg/lock']

export const dpkgSurroundings: DpkgSurroundings = {
  async lockedBy() {
    const table = await readFile('/proc/locks', 'utf8').catch(() => '')
    for (const path of LOCKS) {
      const file = await stat(path).catch(() => undefined)
      const pid = file === undefined ? undefined : holderOf(table, file.ino)
      if (pid !== undefined) return `process ${pid} (${await nameOf(pid)})`
    }
    return undefined
  },
  async freeBytes() {
    const { bavail, bsize } = await statfs('/usr')
    return bavail * bsize
  },
}

/** By the kernel's table of locks: `1: POSIX  ADVISORY  WRITE 84 08:01:1234 0 EOF`. */
export function holderOf(table: string, inode: number): string | undefined {
  for (const line of table.split('\n')) {
    const [, pid, locked] = /^\d+: POSIX +\w+ +WRITE +(\d+) +[\da-f]+:[\da-f]+:(\d+) /.exec(line) ?? []
    if (Number(locked) === inode) return pid
  }
  return undefined
}

async function nameOf(pid: string): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'ended since')).trim()
}
