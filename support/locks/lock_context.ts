import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { hostname, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

export interface LockContext {
  /** The folder that is shared by all who must not roll out at once. */
  directory: string
  user: string
  machine: string
  pid: number
  /** Returns the milliseconds since 1970. */
  now: () => number
  /** Returns a text that differs when a pid is used again; undefined when there is no such process. */
  processStart: (pid: number) => string | undefined
}

export function lockContext(env: Readonly<Record<string, string | undefined>>): LockContext {
  return {
    directory: lockDirectory(env),
    user: userInfo().username,
    machine: hostname(),
    pid: process.pid,
    now: () => Date.now(),
    processStart,
  }
}

/**
 * Returns the folder of locks: `LOCKSTEP_LOCKS`; else the system's folder for locks, where every user may write; else
 * one among temporary files.
 */
export function lockDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const named = env['LOCKSTEP_LOCKS']
  if (named !== undefined && named !== '') return named
  return canBeWritten('/run/lock') ? '/run/lock/lockstep' : join(tmpdir(), 'lockstep-locks')
}

function canBeWritten(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** Returns when the process was started, in ticks since this boot, and which boot that was. */
function processStart(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // The second field, the name, is in parentheses and may have spaces in it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    const [state, start] = [fields[0], fields[19]]
    return state === 'Z' || start === undefined ? undefined : `${boot} ${start}`
  } catch {
    return aliveWithoutProc(pid) ? 'alive' : undefined
  }
}

/**
 * Returns whether a process is alive on a system that has no /proc. A pid that is used again cannot be distinguished
 * there.
 */
function aliveWithoutProc(pid: number): boolean {
  try {
    statSync('/proc/self')
    return false
  } catch {
    try {
      process.kill(pid, 0)
      return true
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM'
    }
  }
}
