import { formatDuration } from '../../system/duration'
import type { Balancer, PoolMember } from '../../rollout/ports'
import type { HostGateway } from '../../rollout/model/obligation'
import type { Request, Answers, Answer } from '../../rollout/model/answers'
import type { HaproxyBackend } from './backend'
import {
  describeSightings,
  hostOf,
  isIdle,
  isServing,
  read,
  readAll,
  describeHosts,
  serverOf,
  sessionsOf,
  sightings,
  type Sighting,
} from './sightings'
import type { BackendState } from './state'

export interface HaproxyBalancerOptions {
  /** One HAProxy or several in front of the same pool; they act as one. */
  places: readonly HaproxyBackend[]
  /** Milliseconds until a ready server has to be UP. */
  upWithin: number
  /** Milliseconds between two checks. */
  lookEvery: number
}

type Order = 'ready' | 'drain' | 'maint'

/**
 * Takes hosts out of a backend of HAProxy and puts them back. A host is out when every HAProxy has its server in
 * maintenance. It is back when every HAProxy would send it requests. HAProxy's answer to an order does not show whether
 * it was carried out, so each order is followed by a look.
 */
export function haproxyBalancer(
  name: string,
  { places, upWithin, lookEvery }: HaproxyBalancerOptions,
): Balancer {
  const request = (action: string, mutating: boolean): Request => ({
    agent: 'haproxy',
    action,
    inputs: { backend: name },
    mutating,
  })
  const tell = (hosts: readonly string[], order: Order) => orderAll(places, hosts, order)
  const look = async (hosts: readonly string[]) => describeHosts(hosts, await readAll(places))

  /** Looks until `enough` or until the time is up. A host whose order was refused keeps the refusal as its answer. */
  async function settle(
    hosts: readonly string[],
    refused: ReadonlyMap<string, Answer>,
    reach: HostGateway,
    within: number,
    enough: (sights: readonly Sighting[]) => boolean,
  ): Promise<Map<string, Answer>> {
    const until = reach.elapsed() + within
    for (;;) {
      const began = reach.elapsed()
      const states = await readAll(places)
      const open = hosts.filter((host) => !refused.has(host))
      const done = open.every((host) => enough(sightings(host, states)))
      if (done || began + lookEvery > until) return new Map([...describeHosts(hosts, states), ...refused])
      await reach.wait(Math.max(0, Math.min(lookEvery, until - reach.elapsed())))
    }
  }

  return {
    name: `is out of the haproxy backend ${name}`,
    lastMayGo: false,
    lapses: true,
    ordersAreSeen: true,
    block: (hosts, reach) =>
      reach.record(request('maint', true), hosts, async () =>
        judgeOrders(true, await settle(hosts, await tell(hosts, 'maint'), reach, 0, () => true)),
      ),
    drain: (hosts, reach, { within, cut }) =>
      reach.record(request('drain', true), hosts, async () => {
        const refused = await tell(hosts, 'drain')
        const seen = await settle(hosts, refused, reach, within, (all) => all.every(isIdle))
        const idle = hosts.filter((host) => !refused.has(host) && sessionsOf(seen.get(host)) === 0)
        const busy = hosts.filter((host) => !refused.has(host) && !idle.includes(host))
        const late = await tell([...idle, ...(cut ? busy : [])], 'maint')
        if (cut) await cutAll(places, busy)
        const after = await settle(hosts, new Map([...refused, ...late]), reach, 0, () => true)
        for (const host of cut ? [] : busy) after.set(host, stillBusy(seen.get(host), within))
        return judgeOrders(true, after)
      }),
    putBack: (hosts, reach): Promise<Answers> =>
      reach.record(request('ready', true), hosts, async () => {
        const refused = await tell(hosts, 'ready')
        return judgeOrders(
          false,
          await settle(hosts, refused, reach, upWithin, (all) => all.every(isServing)),
        )
      }),
    look: (hosts, reach) => reach.record(request('look', false), hosts, () => look(hosts)),
    read,
    async pool(hosts, reach): Promise<PoolMember[]> {
      let states: Awaited<ReturnType<typeof readAll>> = []
      // It is about no host by itself; the journal has it, so that a resumed run knows what came after it.
      await reach.record(request('pool', false), [], async () => {
        states = await readAll(places)
        return new Map()
      })
      const servers = new Set(states.flatMap(({ state }) => [...state.servers.keys()]))
      return [...servers].map((server) => {
        const all = sightings(server, states)
        const seen = describeSightings(all)
        return { name: hostOf(server, hosts), inService: all.every(isServing), seen }
      })
    },
    async requests() {
      const states = await readAll(places)
      const sum = (of: (state: BackendState) => number) => states.reduce((n, { state }) => n + of(state), 0)
      return { requests: sum((state) => state.requests), failed: sum((state) => state.failed) }
    },
  }
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

/**
 * Gives every host's server an order, on every HAProxy. Returns the hosts whose order was refused, with HAProxy's
 * words.
 */
async function orderAll(
  places: readonly HaproxyBackend[],
  hosts: readonly string[],
  order: Order,
): Promise<Map<string, Answer>> {
  const states = await readAll(places)
  const refused = new Map<string, Answer>()
  for (const host of hosts) {
    for (const { place, server } of states.map(({ place: at, state }) => ({
      place: at,
      server: serverOf(host, state),
    }))) {
      const words =
        server === undefined
          ? `is no server of the backend ${place.backend}`
          : await place.order(server.server, order)
      if (words !== undefined)
        refused.set(host, { kind: 'failed', message: `${words} (${place.place})`, data: {} })
    }
  }
  return refused
}

async function cutAll(places: readonly HaproxyBackend[], hosts: readonly string[]): Promise<void> {
  for (const { place, state } of await readAll(places)) {
    for (const host of hosts) {
      const server = serverOf(host, state)
      if (server !== undefined) await place.cutSessions(server.server)
    }
  }
}

function stillBusy(answer: Answer | undefined, within: number): Answer {
  const n = sessionsOf(answer)
  const message = `${n} session${n === 1 ? ' is' : 's are'} still open after ${formatDuration(within)}`
  return { kind: 'failed', message, data: {} }
}
