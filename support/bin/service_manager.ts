import type { Log } from '../system/log'
import { systemClock } from '../system/clock'
import { runCommand } from '../system/command'
import { ServiceManager } from '../system/service_manager'

/**
 * Returns the service manager that started this process. Its variables leave the environment, so that no program that
 * is started from now on can speak for this one.
 */
export function takeServiceManager(log: Pick<Log, 'warn'>): ServiceManager {
  return new ServiceManager({
    ...ServiceManager.takenFrom(process.env),
    run: runCommand,
    clock: systemClock,
    pid: process.pid,
    onTrouble: (what) => log.warn(what),
  })
}
