import { hosts as counted } from '../rollout/model/verdict'
import type { RunState } from '../run/run_state'

/**
 * Returns words such as `all 25 hosts` for the hosts of a whole roll call; undefined for others. Where the run was limited,
 * or a single host is all, nothing is called all.
 */
export function describeAll(run: RunState, hosts: readonly string[], uri: string): string | undefined {
  const all = new Set(run.knownHosts(uri))
  const named = new Set(hosts)
  if (all.size < 2 || named.size !== all.size || run.hostsOutside(uri).length > 0) return undefined
  return hosts.every((host) => all.has(host)) ? `all ${counted(all.size)}` : undefined
}

/** Returns the same for hosts of any feature of a run; only a run of one feature has one roll call. */
export function describeAllOfRun(run: RunState, hosts: readonly string[]): string | undefined {
  const [uri, ...others] = new Set(run.plan.map((scenario) => scenario.uri))
  return uri === undefined || others.length > 0 ? undefined : describeAll(run, hosts, uri)
}
