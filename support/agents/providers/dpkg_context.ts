import { readFile, stat, statfs } from 'node:fs/promises'

/** The facts beside apt itself that decide whether an installation would succeed. */
export interface DpkgContext {
  /** Returns the process that locks dpkg's database, such as `process 84 (apt-get)`. */
  lockedBy(): Promise<string | undefined>
  /** Returns the free bytes of the file system that packages are unpacked to. */
  freeBytes(): Promise<number>
}

const LOCKS = ['/var/lib/dpkg/lock-frontend', '/var/lib/dpkg/lock']

export const dpkgContext: DpkgContext = {
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

/** Returns the process that locks an inode, by the kernel's table: `1: POSIX  ADVISORY  WRITE 84 08:01:1234 0 EOF`. */
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
