import { contracts } from '../rpc/contracts'
import type { Data } from '../rpc/contracts/contract'
import { aborting, ActionFailed, type Agent } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'

export interface Lease {
  run: string
  owner: string
  feature: string
  /** Seconds since 1970. */
  since: number
  until: number
}

/** The store of a host's one lease, which survives restarts. */
export interface LeaseStore {
  read(): Promise<KeptLease>
  /**
   * Puts a lease, or none, in the place of what was read. Resolves with false where something else is there by now, which
   * stays: of two that have read the same, one alone gets true. What is put there is on disk before it resolves.
   */
  exchange(read: KeptLease, next: Lease | undefined): Promise<boolean>
}

/** A lease as it was read, with the text by which it is known again; none where there is none. */
export interface KeptLease {
  lease: Lease | undefined
  text: string | undefined
}

const MAX_LEASE_S = 24 * 3_600
/** The most changes by others that one request gives way to. */
const MAX_TRIES = 20

/**
 * Returns the lock agent, which has one lease for the whole host. The lease lapses unless it is renewed. The agent
 * decides whose it is, and not the client that asks first.
 */
export function lockAgent(leases: LeaseStore, now: () => number): Agent {
  const seconds = () => Math.floor(now() / 1000)
  const valid = ({ lease }: KeptLease) =>
    lease === undefined || lease.until <= seconds() ? undefined : lease
  /** Decides by the lease that is there what takes its place, and again where another request came between. */
  const replace = async (decide: (lease: Lease | undefined) => Lease | undefined | 'stays') => {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const kept = await leases.read()
      const next = decide(valid(kept))
      if (next === 'stays') return valid(kept)
      if (await leases.exchange(kept, next)) return next
    }
    throw new ActionFailed('The lease of this host is changed by others all the time; nothing was changed')
  }
  const told = (lease: Lease | undefined): Record<string, Data> => ({ locked: lease !== undefined, ...lease })
  return {
    contract: contracts.lock,
    actions: aborting({
      status: async () => told(valid(await leases.read())),
      async acquire(inputs, { callerid }) {
        const run = textInput(inputs, 'run')
        const own = await replace((lease) => {
          if (lease !== undefined && lease.run !== run && lease.run !== inputs['instead_of'])
            throw new ActionFailed(
              `This host is locked by the rollout ${lease.run} of ${lease.owner} since ${at(lease.since)}, until ${at(lease.until)} unless renewed`,
              told(lease),
            )
          const asked = Number(inputs['seconds'])
          if (asked < 1 || asked > MAX_LEASE_S)
            throw new ActionFailed(`A lease is for 1 to ${MAX_LEASE_S} seconds, not for ${asked}`)
          return {
            run,
            owner: `${textInput(inputs, 'owner')} (${callerid})`,
            feature: typeof inputs['feature'] === 'string' ? inputs['feature'] : '',
            since: lease?.run === run ? lease.since : seconds(),
            until: seconds() + asked,
          }
        })
        return told(own)
      },
      async release(inputs) {
        const run = textInput(inputs, 'run')
        return told(await replace((lease) => (lease?.run === run ? undefined : 'stays')))
      },
    }),
  }
}

function at(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}
