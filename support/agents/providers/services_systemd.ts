import type { CommandRunner } from '../../system/command'
import type { ServiceManager } from '../service'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

const RUNNING = new Set(['active', 'reloading', 'refreshing'])

/** Returns a manager of systemd's services. A unit on its way up or down counts as not running. */
export function systemdServices(run: CommandRunner): ServiceManager {
  const program = toItsEnd(run)
  const order = async (verb: string, name: string, signal: AbortSignal) => {
    const ended = await program('systemctl', [verb, '--', name], { signal, outlives: true })
    if (ended.exitCode !== 0) throw complaint('systemctl', ended, /^(Failed|Job for)/)
  }
  return {
    async isRunning(name) {
      const args = ['show', '--property=LoadState,ActiveState', '--', name]
      const looked = await program('systemctl', args, { within: LOOK_WITHIN })
      const [, loaded] = /^LoadState=(.*)$/m.exec(looked.stdout) ?? []
      const [, active] = /^ActiveState=(.*)$/m.exec(looked.stdout) ?? []
      if (looked.exitCode !== 0 || loaded === undefined || active === undefined)
        throw complaint('systemctl', looked, /^Failed/)
      // A unit whose file was removed may still run.
      if (loaded === 'not-found' && !RUNNING.has(active)) throw new Error(`there is no service ${name}`)
      return RUNNING.has(active)
    },
    start: (name, signal) => order('start', name, signal),
    stop: (name, signal) => order('stop', name, signal),
    restart: (name, signal) => order('restart', name, signal),
  }
}
