import { join } from 'node:path'
import type { CommandRunner } from '../../system/command'
import { lookThrough } from '../../system/followed'
import type { HostFiles } from '../../system/host_files'
import type { ServiceManager } from '../service'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

/** Exit statuses of `status` for a stopped service (Linux Standard Base). 0 is running; others are no answer. */
const STOPPED = new Set([1, 2, 3])

/** Returns a manager of services with a script in `/etc/init.d`, through `service`. */
export function sysvServices(run: CommandRunner, files: HostFiles, scripts = '/etc/init.d'): ServiceManager {
  const program = toItsEnd(run)
  const expectKnown = async (name: string) => {
    if ((await lookThrough(files, join(scripts, name))) === undefined)
      throw new Error(`there is no service ${name}: ${scripts} has no such script`)
  }
  const order = async (verb: string, name: string, signal: AbortSignal) => {
    await expectKnown(name)
    const ended = await program('service', [name, verb], { signal, outlives: true })
    if (ended.exitCode !== 0) throw complaint(`the script of ${name}`, ended, /fail|error/i)
  }
  return {
    async isRunning(name) {
      await expectKnown(name)
      const looked = await program('service', [name, 'status'], { within: LOOK_WITHIN })
      if (looked.exitCode === 0) return true
      if (STOPPED.has(looked.exitCode)) return false
      throw complaint(`the script of ${name} does not say whether it runs; it`, looked, /./)
    },
    start: (name, signal) => order('start', name, signal),
    stop: (name, signal) => order('stop', name, signal),
    restart: (name, signal) => order('restart', name, signal),
  }
}
