import { nameHosts } from '../rollout/model/name_hosts'
import { parseHosts } from '../rollout/model/parse_hosts'
import { hosts as counted } from '../rollout/model/verdict'
import type { RunState } from './run_state'

/** The number of hosts that a run is limited to, and that of its roll calls. */
export interface LimitedTo {
  /** The hosts in ClusterShell's form. */
  hosts: string
  within: number
  of: number
}

/** Returns what a run is limited to; undefined where it is for all hosts of its roll calls, or none is known yet. */
export function limitOf(run: RunState): LimitedTo | undefined {
  if (run.limit === undefined) return undefined
  const within = new Set(run.features.flatMap((uri) => run.knownHosts(uri)))
  const outside = run.features.flatMap((uri) => run.hostsOutside(uri)).filter((host) => !within.has(host))
  if (within.size === 0) return undefined
  return { hosts: run.limit, within: within.size, of: within.size + new Set(outside).size }
}

/** Returns in words which hosts a run is limited to, such as `limited to 2 of 25 hosts: web[1-2]`. */
export function describeLimited(run: RunState): string | undefined {
  if (run.limit === undefined) return undefined
  const named = nameHosts(parseHosts(run.limit))
  const known = limitOf(run)
  return known === undefined
    ? `limited to ${named}`
    : `limited to ${known.within} of ${counted(known.of)}: ${named}`
}
