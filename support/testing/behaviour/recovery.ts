import { join } from 'node:path'
import { readText } from './files'
import { lastRun } from './journals'
import type { Manual } from './manual'

/** Returns the path of the recovery feature that the newest run has written. */
export function recoveryPath(manual: Manual): string {
  return join('reports', `recovery-${lastRun(manual)}.feature`)
}

/** Takes hosts out of the recovery feature, and the wave of two that they were. */
export function leaveOutOfRecovery(manual: Manual, names: readonly string[]): void {
  const lines = readText(manual, recoveryPath(manual)).split('\n')
  const kept = lines.filter((line) => !names.some((name) => line.trim() === `| ${name} |`))
  if (kept.length !== lines.length - names.length)
    throw new Error(`the recovery feature has not all of ${names.join(', ')}`)
  manual.scratch.write(recoveryPath(manual), kept.join('\n').replace(/\| 2 hosts +\|\n/, ''))
}
