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
  read(): Lease | undefined
  write(lease: Lease): void
  clear(): void
}

const MAX_LEASE_S = 24 * 3_600

/**
 * Returns the lock agent, which has one lease for the whole host. The lease lapses unless it is renewed. The agent
 * decides whose it is, and not the client that asks first.
 */
export function lockAgent(leases: LeaseStore, now: () => number): Agent {
  const seconds = () => Math.floor(now() / 1000)
  const leaseNow = () => {
    const lease = leases.read()
    return lease === undefined || lease.until <= seconds() ? undefined : lease
  }
  const told = (lease: Lease | undefined): Record<string, Data> => ({ locked: lease !== undefined, ...lease })
  return {
    contract: contracts.lock,
    actions: aborting({
      status: () => told(leaseNow()),
      acquire(inputs, { callerid }) {
        const lease = leaseNow()
        const run = textInput(inputs, 'run')
        if (lease !== undefined && lease.run !== run && lease.run !== inputs['instead_of'])
          throw new ActionFailed(
            `This host is locked by the rollout ${lease.run} of ${lease.owner} since ${at(lease.since)}, until ${at(lease.until)} unless renewed`,
            told(lease),
          )
        const asked = Number(inputs['seconds'])
        if (asked < 1 || asked > MAX_LEASE_S)
          throw new ActionFailed(`A lease is for 1 to ${MAX_LEASE_S} seconds, not for ${asked}`)
        const own = {
          run,
          owner: `${textInput(inputs, 'owner')} (${callerid})`,
          feature: typeof inputs['feature'] === 'string' ? inputs['feature'] : '',
          since: lease?.run === run ? lease.since : seconds(),
          until: seconds() + asked,
        }
        leases.write(own)
        return told(own)
      },
      release(inputs) {
        const lease = leaseNow()
        if (lease?.run === textInput(inputs, 'run')) leases.clear()
        return told(leaseNow())
      },
    }),
  }
}

function at(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}
