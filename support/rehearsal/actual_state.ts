import { isTemporary } from '../rollout/model/temporary'
import type { Rollout } from '../rollout/rollout'
import { ownContractOf } from '../rpc/contracts'
import type { EmbeddedContext } from '../simulation/embedded'
import type { RunState } from '../run/run_state'
import type { HostTruth } from '../run/rehearsed'

/** Returns the real state of the hosts of a rehearsal, beside what the run knows of them. */
export function truthOf(
  { fleet: { hosts }, haproxy, backends }: EmbeddedContext,
  run: RunState,
  rollouts: Iterable<Rollout>,
): HostTruth[] {
  const known = new Set([...rollouts].flatMap((rollout) => rollout.hosts.known ?? []))
  const away = new Set(backends.flatMap((backend) => haproxy.outOfService(backend) ?? []))
  const named = new Set(run.outOfRotation.map(({ host }) => host))
  const out = run.out
  const silent = lastSilent(run)
  return hosts
    .filter(({ description }) => known.has(description.identity))
    .map(({ description, truth, initially, performed, hasShownFault }) => ({
      host: description.identity,
      before: initially,
      after: truth.state,
      done: [...performed.keys()].filter(changes).sort(),
      served: truth.blocked.length === 0 && !away.has(description.identity),
      named: named.has(description.identity),
      silent: silent.has(description.identity),
      out: out.has(description.identity),
      hasShownFault,
    }))
}

/** Returns the hosts that gave no answer at their last line. */
function lastSilent({ verdicts }: RunState): Set<string> {
  const last = new Map<string, boolean>()
  for (const { verdict } of verdicts)
    for (const { host, kind } of verdict.observations)
      if (kind !== 'known') last.set(host, kind === 'silent' || kind === 'untrusted')
  return new Set([...last].filter(([, silent]) => silent).map(([host]) => host))
}

function changes(performed: string): boolean {
  const [agent = '', action = ''] = performed.split(' ')
  // Simulated hosts have Lockstep's own agents alone.
  return ownContractOf(agent)?.actions[action]?.effect !== 'readOnly' && !isTemporary(agent, action)
}
