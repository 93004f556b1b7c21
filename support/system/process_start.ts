import { readFileSync } from 'node:fs'
import { hasEnded } from './ended_process'

/** The ticks of a second in `/proc/<pid>/stat`, on every Linux that Node runs on. Source: proc(5), sysconf(3). */
const TICKS = 100

/**
 * Returns the moment at which a process was started, in milliseconds since 1970; undefined for one that is gone. It is
 * right to about a second, by the system's clock of today.
 */
export function processStartedAt(pid: number, now: number): number | undefined {
  try {
    if (!Number.isInteger(pid) || pid < 1 || hasEnded(String(pid))) return undefined
    // The name is in parentheses and may have anything in it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '')
    const [uptime = ''] = readFileSync('/proc/uptime', 'latin1').split(' ')
    return now - Number(uptime) * 1000 + (Number(fields.split(' ')[19]) / TICKS) * 1000
  } catch {
    return undefined
  }
}
