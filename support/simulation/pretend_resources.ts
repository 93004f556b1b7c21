import { digestOfManaged } from '../system/managed_digest'
import type { HostResources } from '../agents/managed_resources'
import type { Puppet } from '../agents/puppet'

/** The resource that every simulated host has under puppet's management. */
const MANAGED = 'Package[simulated]'

/** Returns the resources of a host whose puppet manages one, and that has no other unless it `leaves` them. */
export function pretendResources(puppet: Pick<Puppet, 'report'>, leaves: () => boolean): HostResources {
  return {
    async managed() {
      const report = await puppet.report()
      if (report.found !== 'whole') return report
      const { run, began, noop, config_version: configVersion } = report
      const digest = digestOfManaged([MANAGED])
      // Puppet keeps no catalog of a run in noop.
      return {
        found: 'whole',
        ofLastRun: !noop,
        run,
        began,
        noop,
        configVersion,
        digest,
        resources: [MANAGED],
      }
    },
    look: () => (leaves() ? { is: 'there', seen: 'is still there' } : { is: 'gone', seen: 'is not there' }),
  }
}
