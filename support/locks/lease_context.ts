import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { systemClock, type Clock } from '../system/clock'
import type { LockContext } from './lock_context'

/** The process that claims hosts in a database, and its clocks. */
export interface LeaseContext extends Pick<LockContext, 'user' | 'machine' | 'pid' | 'processStart'> {
  /** The control host, as one on which pids say something of processes; undefined where none can be told. */
  place: string | undefined
  clock: Pick<Clock, 'now' | 'elapsed'>
  newToken: () => string
}

export function leaseContext(context: LockContext): LeaseContext {
  const { user, machine, pid, processStart, directory } = context
  return {
    user,
    machine,
    pid,
    processStart,
    place: placeOf(directory),
    clock: systemClock,
    newToken: randomUUID,
  }
}

/**
 * Returns a text for this boot of this machine, as containers on it see processes, and for the folder of locks. Names of
 * machines tell too little: two may have one name.
 */
function placeOf(directory: string): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const processes = readlinkSync('/proc/self/ns/pid')
    return createHash('sha256')
      .update([boot, processes, resolve(directory)].join('\n'))
      .digest('hex')
  } catch {
    return undefined
  }
}
