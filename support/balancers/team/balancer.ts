import type { Answer } from '../../rollout/model/answers'
import type { Balancer } from '../../rollout/ports'
import { poolBalancer, type OrderedState, type PoolWire } from '../pool_balancer'
import type { GuardedBalancer } from './guarded_balancer'
import type { Member } from './team_balancer'

export interface TeamBalancerOptions {
  kind: string
  backend: string
  /** Milliseconds until hosts are out, or back, after an order. */
  settleWithin: number
  /** Milliseconds between two checks. */
  lookEvery: number
}

/**
 * Takes hosts out of a pool by the code of a team. A host is out, or back, when the members of the pool say so after the
 * order. A host that is no member is neither.
 */
export function teamBalancer(code: GuardedBalancer, options: TeamBalancerOptions): Balancer {
  const { kind, backend, settleWithin, lookEvery } = options
  const title = titleOf(kind, backend)
  return poolBalancer({
    title,
    // No agent has such a name.
    agent: `balancer:${kind}`,
    backend,
    wire: wireTo(code, title),
    canDrain: code.has('drain'),
    outWithin: settleWithin,
    upWithin: settleWithin,
    lookEvery,
  })
}

/** Returns the words for a pool, such as `the f5 backend www`. */
export function titleOf(kind: string, backend: string): string {
  return `the ${kind} backend ${backend}`
}

function wireTo(code: GuardedBalancer, title: string): PoolWire {
  const answerOf = (member: Member | undefined): Answer =>
    member === undefined
      ? { kind: 'failed', message: `is no member of ${title}`, data: {} }
      : { kind: 'answered', data: dataOf(member) }
  return {
    async look(hosts) {
      const members = await code.members()
      return new Map(hosts.map((host) => [host, answerOf(members.get(host))]))
    },
    async order(hosts, to) {
      const members = await code.members()
      const own = hosts.filter((host) => members.has(host))
      if (own.length > 0) await code.order(ORDERS[to], own)
      return new Map(
        hosts.flatMap((host) => (members.has(host) ? [] : [[host, answerOf(undefined)] as const])),
      )
    },
    async members() {
      const members = await code.members()
      return [...members.values()].map(({ host, state, seen = state }) => ({
        name: host,
        inService: state === 'serving',
        seen,
      }))
    },
    ...(code.has('requests') ? { requests: () => code.requests() } : {}),
  }
}

const ORDERS = { ready: 'putBack', drain: 'drain', maint: 'takeOut' } as const satisfies Record<
  OrderedState,
  string
>

function dataOf({ state, sessions, seen = state }: Member): Record<string, unknown> {
  const out = state === 'out' ? true : state === 'serving' ? false : null
  return { out, seen, ...(sessions === undefined ? {} : { sessions }) }
}
