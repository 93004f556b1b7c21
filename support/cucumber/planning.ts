import type { Journal, Planning, Request } from '../rollout/ports'
import { contractOf } from '../rpc/contracts'
import { LockstepError } from '../system/errors'
import type { ReachableFleet } from './fleet'
import type { Plan } from './plan'

/** Agents that can themselves tell what they would do, and how they are asked to. */
const OWN_NOOP: Readonly<Record<string, Request['inputs']>> = { 'puppet runonce': { noop: true } }

/** Asks nothing but what is known to only look. */
export const lookingOnly: Planning = { harmless: () => undefined, onlyLooks }

/** Safe mode: agents that have a noop of their own go through with it. */
export const safely: Planning = { harmless, onlyLooks, mayBeLeft: true }

/** A fleet on which nothing can be changed, whatever it is asked, as long as `holds` says so. */
export function readOnly(fleet: ReachableFleet, holds: () => boolean): ReachableFleet {
  return {
    ...fleet,
    call(request, hosts, watch) {
      if (holds() && !onlyLooks(request) && !isNoop(request))
        throw new Error(
          `${request.action} of ${request.agent} was about to be sent, and nothing may be changed`,
        )
      return fleet.call(request, hosts, watch)
    },
  }
}

/** Refuses a roll call of other hosts than those that were planned for. */
export function onlyPlanned(journal: Journal, { hosts }: Plan): Journal {
  return {
    async append(entry) {
      if (entry.type === 'roll call' && JSON.stringify([...entry.hosts].sort()) !== JSON.stringify(hosts))
        throw new LockstepError(
          'gate-closed',
          `other hosts are there than were planned for: ${entry.hosts.join(', ')}; nothing was changed`,
        )
      await journal.append(entry)
    },
  }
}

function onlyLooks({ agent, action }: Request): boolean {
  const actions = contractOf(agent)?.actions
  return actions !== undefined && Object.hasOwn(actions, action) && actions[action]?.effect === 'looks'
}

function harmless(request: Request): Request | undefined {
  const noop = OWN_NOOP[`${request.agent} ${request.action}`]
  return noop === undefined ? undefined : { ...request, inputs: { ...request.inputs, ...noop } }
}

function isNoop({ agent, action, inputs }: Request): boolean {
  const noop = OWN_NOOP[`${agent} ${action}`]
  return noop !== undefined && Object.entries(noop).every(([name, value]) => inputs[name] === value)
}
