import { nothingMayChange } from '../rollout/engine/host_gateway'
import type { Fleet, Planning } from '../rollout/ports'
import type { Journal } from '../rollout/model/journal_entry'
import type { Request } from '../rollout/model/answers'
import type { ContractLookup } from '../rpc/contracts'
import { LockstepError } from '../system/errors'

/** The actions of agents that can themselves tell what they would do, with the inputs that ask for it. */
const OWN_NOOP: Readonly<Record<string, Request['inputs']>> = { 'puppet runonce': { noop: true } }

/** Returns the way of planning that sends only requests which are known to be read-only. */
export function lookingOnly(contractOf: ContractLookup): Planning {
  return Object.freeze({ asNoop: () => undefined, isReadOnly: onlyLooks(contractOf) })
}

/** Returns the way of planning in safe mode: agents that have a noop of their own go through with it. */
export function safely(contractOf: ContractLookup): Planning {
  return Object.freeze({ asNoop: harmless, isReadOnly: onlyLooks(contractOf), mayBeLeft: true })
}

/** Returns a fleet that no code can change as long as `isInForce` says so. */
export function readOnly(fleet: Fleet, planning: Planning, isInForce: () => boolean): Fleet {
  return {
    discover: (...asked) => fleet.discover(...asked),
    async call(asked, hosts, watch) {
      // The request that is judged is the one that is sent: its caller may change it while this waits for the journal.
      const request = copyOf(asked)
      if (isInForce() && !planning.isReadOnly(request) && !isHarmless(planning, request))
        throw nothingMayChange(`${request.action} of ${request.agent}`)
      return fleet.call(request, hosts, watch)
    },
  }
}

/** Returns a journal that refuses a roll call of other hosts than those that a feature was planned for. */
export function onlyPlanned(journal: Journal, hosts: readonly string[]): Journal {
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

/** The part of a plan that one feature has. */
interface PlannedPart {
  hosts: readonly string[]
  lines: ReadonlySet<number>
  /** Returns the hosts outside the limit of the run: they may be looked at, as members of the pool. */
  beside?: () => readonly string[]
  contractOf: ContractLookup
}

/**
 * Returns a fleet that has no hosts but those that were planned for. Lines that were planned to do nothing do nothing
 * on it, even through code that asks it directly. `line` returns the line that is run; undefined once no line decides
 * what is done.
 */
export function asPlanned(
  fleet: Fleet,
  { hosts, lines, beside = () => [], contractOf }: PlannedPart,
  line: () => number | undefined,
): Fleet {
  const planned = new Set(hosts)
  const isLook = onlyLooks(contractOf)
  const refused = ({ agent, action }: Request, why: string) =>
    new LockstepError('gate-closed', `${action} of ${agent} was about to be sent ${why}; it was not sent`)
  return {
    discover: (...asked) => fleet.discover(...asked),
    async call(requested, asked, watch) {
      const request = copyOf(requested)
      const looked = new Set(isLook(request) ? beside() : [])
      const other = asked.filter((host) => !planned.has(host) && !looked.has(host))
      if (other.length > 0) throw refused(request, `to ${other.join(', ')}, which was not planned for`)
      const now = line()
      if (now !== undefined && !lines.has(now) && !isLook(request) && request.agent !== 'lock')
        throw refused(request, `by line ${now}, of which nothing was planned`)
      return fleet.call(request, asked, watch)
    },
  }
}

function onlyLooks(contractOf: ContractLookup): (request: Request) => boolean {
  return ({ agent, action }) => {
    const actions = contractOf(agent)?.actions
    return actions !== undefined && Object.hasOwn(actions, action) && actions[action]?.effect === 'readOnly'
  }
}

function harmless(request: Request): Request | undefined {
  const noop = OWN_NOOP[`${request.agent} ${request.action}`]
  return noop === undefined ? undefined : { ...request, inputs: { ...request.inputs, ...noop } }
}

function copyOf({ agent, action, inputs, mutating }: Request): Request {
  return { agent, action, inputs: { ...inputs }, mutating }
}

/** Returns whether a request already is what the agent would be asked for its own rehearsal of it. */
function isHarmless(planning: Planning, request: Request): boolean {
  const own = planning.asNoop(request)
  return (
    own !== undefined && Object.entries(own.inputs).every(([name, value]) => request.inputs[name] === value)
  )
}
