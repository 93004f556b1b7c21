import { contracts } from '../rpc/contracts'
import type { Data } from '../rpc/contracts/contract'
import { aborting, ActionFailed, type Action, type Agent } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'

/**
 * A host's service manager.
 * @throws Error in its own words, also for a service that it does not know
 */
export interface ServiceManager {
  isRunning(name: string): Promise<boolean> | boolean
  start(name: string, signal: AbortSignal): Promise<void> | void
  stop(name: string, signal: AbortSignal): Promise<void> | void
  /** Restarts a service, also one that does not run. Its dependents are restarted with it where the manager does so. */
  restart(name: string, signal: AbortSignal): Promise<void> | void
}

export function serviceAgent(services: ServiceManager): Agent {
  const status = async (name: string) => ({
    status: (await services.isRunning(name)) ? 'running' : 'stopped',
  })
  const settle = async (name: string, wanted: string) => {
    const after = await status(name)
    if (after.status !== wanted)
      throw new ActionFailed(`Service ${name} is ${after.status} afterwards`, after)
    return after
  }
  const name = (inputs: Readonly<Record<string, Data>>) => textInput(inputs, 'service')
  const actions: Record<string, Action> = {
    status: (inputs) => status(name(inputs)),
    async start(inputs, { signal }) {
      if (await services.isRunning(name(inputs))) {
        throw new ActionFailed(`Could not start service ${name(inputs)}: it is already running`, {
          status: 'running',
        })
      }
      await services.start(name(inputs), signal)
      return settle(name(inputs), 'running')
    },
    async stop(inputs, { signal }) {
      if (!(await services.isRunning(name(inputs)))) {
        throw new ActionFailed(`Could not stop service ${name(inputs)}: it is already stopped`, {
          status: 'stopped',
        })
      }
      await services.stop(name(inputs), signal)
      return settle(name(inputs), 'stopped')
    },
    async restart(inputs, { signal }) {
      await services.restart(name(inputs), signal)
      return settle(name(inputs), 'running')
    },
  }
  return { contract: contracts.service, actions: aborting(actions) }
}
