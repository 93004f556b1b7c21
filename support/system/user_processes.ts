import { readdirSync, readFileSync } from 'node:fs'
import { hasEnded } from './ended_process'

/** Returns the processes of a user, by any of their user ids. Source: proc(5), `Uid` of `/proc/<pid>/status`. */
export function processesOf(uid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isOf(name, uid))
    .map(Number)
}

/** Kills all processes of a user that can be seen, once. Needs the rights of root, or `CAP_KILL`. */
export function killProcessesOf(uid: number): void {
  for (const pid of processesOf(uid))
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself, or may not be killed: who looks again sees it.
    }
}

function isOf(pid: string, uid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const [, ids = ''] = /^Uid:\s+(.*)$/m.exec(status) ?? []
    return ids.split(/\s+/).includes(String(uid)) && !hasEnded(pid)
  } catch {
    return false
  }
}
