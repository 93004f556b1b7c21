import type { Answer } from '../../rollout/model/answers'
import type { Balancer } from '../../rollout/ports'
import { poolBalancer, type OrderedState, type PoolWire } from '../pool_balancer'
import type { HaproxyBackend } from './backend'
import {
  describeHosts,
  describeSightings,
  hostOf,
  isServing,
  readAll,
  serverOf,
  sightings,
} from './sightings'
import type { BackendState } from './state'

export interface HaproxyBalancerOptions {
  /** One HAProxy or several in front of the same pool; they act as one. */
  places: readonly HaproxyBackend[]
  /** Milliseconds until a ready server has to be UP. */
  upWithin: number
  /** Milliseconds between two checks. */
  lookEvery: number
  /** The words for the pool, where others stand for it. */
  title?: string
}

/**
 * Takes hosts out of a backend of HAProxy and puts them back. A host is out when every HAProxy has its server in
 * maintenance. It is back when every HAProxy would send it requests.
 */
export function haproxyBalancer(name: string, options: HaproxyBalancerOptions): Balancer {
  const { places, upWithin, lookEvery, title = `the haproxy backend ${name}` } = options
  return poolBalancer({
    title,
    agent: 'haproxy',
    backend: name,
    wire: wireTo(places),
    canDrain: true,
    // HAProxy has a server in maintenance as soon as it was told so.
    outWithin: 0,
    upWithin,
    lookEvery,
  })
}

function wireTo(places: readonly HaproxyBackend[]): PoolWire {
  return {
    look: async (hosts) => describeHosts(hosts, await readAll(places)),
    order: (hosts, to) => orderAll(places, hosts, to),
    cut: (hosts) => cutAll(places, hosts),
    async members(hosts) {
      const states = await readAll(places)
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

/**
 * Gives every host's server an order, on every HAProxy. Returns the hosts whose order was refused, with HAProxy's
 * words.
 */
async function orderAll(
  places: readonly HaproxyBackend[],
  hosts: readonly string[],
  order: OrderedState,
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
