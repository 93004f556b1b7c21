import { formatDuration } from '../system/duration'
import { someOf, type Tally } from '../system/wait'
import type { Answer, Answers, Request } from '../rollout/model/answers'
import type { HostGateway, ObligationState } from '../rollout/model/obligation'
import type { Balancer, PoolMember } from '../rollout/ports'

/** The wire to a pool. It orders and looks, and knows nothing of waiting, of drains, and of what an order comes to. */
export interface PoolWire {
  /** Looks at hosts. What is seen of one is `{ out, sessions, seen }`, where `out` is null for neither out nor in. */
  look(hosts: readonly string[]): Promise<Map<string, Answer>>
  /** Orders a state. Resolves with the hosts whose order was refused, with the words of the refusal. */
  order(hosts: readonly string[], to: OrderedState): Promise<Map<string, Answer>>
  /** Ends the sessions that hosts still have. Absent where that comes with maintenance. */
  cut?(hosts: readonly string[]): Promise<void>
  /** Resolves with all hosts of the pool. One of `hosts` goes by that name. */
  members(hosts: readonly string[]): Promise<readonly PoolMember[]>
  requests?(): Promise<{ requests: number; failed: number }>
}

export type OrderedState = 'ready' | 'drain' | 'maint'

export interface PoolBalancerOptions {
  /** The words for the pool, such as `the haproxy backend www`. */
  title: string
  /** The word that stands for an agent in journals. */
  agent: string
  backend: string
  wire: PoolWire
  canDrain: boolean
  /** Milliseconds until a host has to be out, where it is not at once. */
  outWithin: number
  /** Milliseconds until a ready host has to be in service. */
  upWithin: number
  /** Milliseconds between two checks. */
  lookEvery: number
}

/**
 * Takes hosts out of a pool and puts them back. The answer to an order does not show whether it was carried out, so
 * each order is followed by a look, and counts as what that look shows.
 */
export function poolBalancer(options: PoolBalancerOptions): Balancer {
  const { title, agent, backend, wire, canDrain, outWithin, upWithin, lookEvery } = options
  const request = (action: string, mutating: boolean): Request => ({
    agent,
    action,
    inputs: { backend },
    mutating,
  })

  /** Looks until `enough` or until the time is up. A host whose order was refused keeps the refusal as its answer. */
  async function settle(
    hosts: readonly string[],
    refused: ReadonlyMap<string, Answer>,
    reach: HostGateway,
    within: number,
    enough: (answer: Answer | undefined) => boolean,
  ): Promise<Map<string, Answer>> {
    const until = reach.elapsed() + within
    let tally: Tally | undefined
    const endWait = reach.tellWait({
      what: title,
      ...(within > 0 ? { withinMs: within } : {}),
      tally: () => tally,
    })
    try {
      for (;;) {
        const began = reach.elapsed()
        const seen = await wire.look(hosts)
        const missing = hosts.filter((host) => !refused.has(host) && !enough(seen.get(host)))
        tally = tallyOf(hosts, refused.size, missing)
        if (missing.length === 0 || began + lookEvery > until) return new Map([...seen, ...refused])
        await reach.wait(Math.max(0, Math.min(lookEvery, until - reach.elapsed())))
      }
    } finally {
      endWait()
    }
  }

  const drain: NonNullable<Balancer['drain']> = (hosts, reach, { within, cut }) =>
    reach.record(request('drain', true), hosts, async () => {
      const refused = await wire.order(hosts, 'drain')
      const seen = await settle(hosts, refused, reach, within, isIdle)
      const idle = hosts.filter((host) => !refused.has(host) && isIdle(seen.get(host)))
      const busy = hosts.filter((host) => !refused.has(host) && !idle.includes(host))
      const late = await wire.order([...idle, ...(cut ? busy : [])], 'maint')
      if (cut) await wire.cut?.(busy)
      const mayWait = cut || busy.length === 0
      const after = await settle(hosts, new Map([...refused, ...late]), reach, mayWait ? outWithin : 0, isOut)
      for (const host of cut ? [] : busy) after.set(host, stillBusy(seen.get(host), within))
      return judgeOrders(true, after)
    })

  return {
    name: `is out of ${title}`,
    lastMayGo: false,
    lapses: true,
    ordersAreSeen: true,
    block: (hosts, reach) =>
      reach.record(request('maint', true), hosts, async () =>
        judgeOrders(true, await settle(hosts, await wire.order(hosts, 'maint'), reach, outWithin, isOut)),
      ),
    ...(canDrain ? { drain } : {}),
    putBack: (hosts, reach): Promise<Answers> =>
      reach.record(request('ready', true), hosts, async () =>
        judgeOrders(false, await settle(hosts, await wire.order(hosts, 'ready'), reach, upWithin, isServing)),
      ),
    look: (hosts, reach) => reach.record(request('look', false), hosts, () => wire.look(hosts)),
    read,
    async pool(hosts, reach): Promise<readonly PoolMember[]> {
      let members: readonly PoolMember[] = []
      // It is about no host by itself; the journal has it, so that a resumed run knows what came after it.
      await reach.record(request('pool', false), [], async () => {
        members = await wire.members(hosts)
        return new Map()
      })
      return members
    },
    ...(wire.requests === undefined ? {} : { requests: wire.requests }),
  }
}

function isIdle(answer: Answer | undefined): boolean {
  return sessionsOf(answer) === 0
}

function isOut(answer: Answer | undefined): boolean {
  return answer !== undefined && read(answer).isOpen === true
}

function isServing(answer: Answer | undefined): boolean {
  return answer !== undefined && read(answer).isOpen === false
}

function sessionsOf(answer: Answer | undefined): number {
  const sessions = answer?.kind === 'answered' ? answer.data['sessions'] : undefined
  return typeof sessions === 'number' ? sessions : Number.NaN
}

function read(answer: Answer): ObligationState {
  if (answer.kind === 'failed') return { isOpen: undefined, seen: answer.message }
  if (answer.kind !== 'answered') return { isOpen: undefined, seen: answer.kind }
  const { out, seen } = answer.data
  return { isOpen: typeof out === 'boolean' ? out : undefined, seen: String(seen) }
}

function tallyOf(hosts: readonly string[], failed: number, missing: readonly string[]): Tally {
  const done = hosts.length - failed - missing.length
  return { done, failed, expected: hosts.length, someMissing: someOf(missing) }
}

/** Returns answers by what is seen: an order that is seen was carried out, and any other failed. */
function judgeOrders(wanted: boolean, seen: ReadonlyMap<string, Answer>): Map<string, Answer> {
  return new Map(
    [...seen].map(([host, answer]) =>
      answer.kind === 'answered' && read(answer).isOpen !== wanted
        ? [host, { kind: 'failed', message: read(answer).seen, data: answer.data }]
        : [host, answer],
    ),
  )
}

function stillBusy(answer: Answer | undefined, within: number): Answer {
  const n = sessionsOf(answer)
  const message = Number.isNaN(n)
    ? `it is not told how many sessions are still open after ${formatDuration(within)}`
    : `${n} session${n === 1 ? ' is' : 's are'} still open after ${formatDuration(within)}`
  return { kind: 'failed', message, data: {} }
}
