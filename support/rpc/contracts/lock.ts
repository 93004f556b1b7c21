import { mutating, readOnly, optional, type Contract } from './contract'
import { anyText, leaseName } from './rules'

const lease = {
  locked: 'Whether there is a lease that holds',
  run: 'Which rollout has it',
  owner: 'Who runs that rollout, and where',
  feature: 'What it is rolling out',
  since: 'Since when, seconds since 1970',
  until: 'Until when if it is not renewed, seconds since 1970',
}
const { locked, ...about } = lease

/**
 * The contract of a rollout's lease on a host. Only the rollout that has the lease may change the host; the lease
 * lapses unless it is renewed.
 */
export const lock = {
  agent: 'lock',
  description: 'Holds a rollout’s lease on the host',
  timeout: 10,
  actions: {
    acquire: mutating('Takes the lease, or renews it for the rollout that has it', {
      inputs: {
        run: leaseName,
        seconds: { kind: 'whole number', optional: false },
        owner: anyText(200),
        feature: optional(anyText(200)),
        instead_of: optional(leaseName),
      },
      also: lease,
    }),
    release: mutating('Gives the lease back; nothing is to do for a rollout that does not have it', {
      inputs: { run: leaseName },
      also: lease,
    }),
    status: readOnly('Tells who has the lease', { outputs: { locked }, also: about }),
  },
} as const satisfies Contract
