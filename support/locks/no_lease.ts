import { foldHosts } from '../rollout/model/fold_hosts'
import { LockstepError } from '../system/errors'

/** The refusal of a run because hosts have not answered when they were asked for a lease. No host has given one. */
export class NoLease extends LockstepError {
  constructor(readonly hosts: readonly string[]) {
    super(
      'locked',
      `no lease was given by ${foldHosts(hosts).join(', ')}: no answer from the lock agent there. No host was touched; a host without it can only be rolled out to without host_leases`,
    )
  }
}
