import { readdirSync, statSync } from 'node:fs'

/** Returns the user of a process, by its number; undefined for one that is gone. */
export function userOfProcess(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid
}

/** Returns whether a process has a file open. It can be seen of the processes of this user, and by root of all. */
export function hasFileOpen(pid: number, path: string): boolean {
  try {
    const { dev, ino } = statSync(path)
    const folder = `/proc/${pid}/fd`
    return readdirSync(folder).some((name) => {
      const stats = statSync(`${folder}/${name}`, { throwIfNoEntry: false })
      return stats?.ino === ino && stats.dev === dev
    })
  } catch {
    return false
  }
}
