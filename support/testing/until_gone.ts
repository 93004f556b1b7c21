import { readFileSync } from 'node:fs'

/** Resolves once the system has ended a process; its parent need not have asked how it ended. */
export async function untilGone(pid: string): Promise<void> {
  while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 10))
}

function isRunning(pid: string): boolean {
  try {
    // The state follows the name, which is in parentheses and may have any letters in it. Source: proc(5).
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')
    return !/^[ZX]/.test(state)
  } catch {
    return false
  }
}
