import { readdirSync, readFileSync } from 'node:fs'

/**
 * Returns whether a process does nothing any more: all its threads have ended, and its parent has not asked for it. The
 * first thread alone says nothing, since others may go on after it. Source: proc(5), `/proc/<pid>/task`.
 * @throws Error of the system where the process is gone
 */
export function hasEnded(pid: string): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => isEndedThread(`/proc/${pid}/task/${thread}/stat`))
}

function isEndedThread(path: string): boolean {
  try {
    // The name is in parentheses and may have anything in it; the state follows the last of them.
    return /^.*\) [ZX]/s.test(readFileSync(path, 'latin1'))
  } catch {
    return true
  }
}
