import { LockstepError } from '../system/errors'
import type { Host } from '../inventory/host'
import { compareHosts, hasChanges, type HostChanges } from './systems/compare_hosts'
import { judgeRemoval, type RemovalLimit } from './judge_removal'
import { refuseHost } from './systems/writable'
import {
  MonitoringFault,
  type MonitoredHost,
  type MonitoringTarget,
  type RefusedHost,
} from './systems/target'

/** What a look has come to with one monitoring system. */
export interface TargetLook extends HostChanges {
  target: string
  /** The hosts that Lockstep has put there, after the look. */
  hosts: number
  refused: readonly RefusedHost[]
  /** The reason why it was not brought in step, as a sentence; undefined where it was. */
  fault: string | undefined
  /** True where the fault is a removal that only a person can confirm. */
  needsPerson: boolean
}

/** What a look has come to. */
export interface MonitoringLook {
  targets: readonly TargetLook[]
  /** The reason why the inventory cannot be used, and nothing was changed; undefined where it can. */
  fault: string | undefined
}

export interface KeepOptions extends Omit<RemovalLimit, 'confirmed'> {
  targets: readonly MonitoringTarget[]
  /** Reads the hosts that should be monitored. @throws LockstepError */
  readHosts(signal: AbortSignal): Promise<readonly Host[]>
  /** The fact that is the address of a host; undefined where its name is. */
  addressFact: string | undefined
  /** Returns the checks that a host has told; undefined for one that never did. */
  checksOf(host: string): readonly string[] | undefined
}

export interface LookOptions {
  /** True when only what would change is told. */
  noop: boolean
  confirmed: number | undefined
}

/**
 * Compares each monitoring system with the inventory, and brings it in step. Each goes by itself: one that is away keeps
 * no other waiting. An inventory that cannot be read, or lists no host, changes nothing anywhere.
 */
export async function keepInStep(
  options: KeepOptions,
  look: LookOptions,
  signal: AbortSignal,
): Promise<MonitoringLook> {
  let hosts: readonly Host[]
  try {
    hosts = await options.readHosts(signal)
  } catch (error) {
    if (!(error instanceof LockstepError) || error.code === 'interrupted') throw error
    return { targets: [], fault: `nothing was changed: ${error.message}` }
  }
  if (hosts.length === 0)
    return { targets: [], fault: 'nothing was changed: the inventory lists no host of this environment' }
  const targets = await Promise.all(
    options.targets.map((target) => bring(target, hosts, options, look, signal)),
  )
  return { targets, fault: undefined }
}

async function bring(
  target: MonitoringTarget,
  hosts: readonly Host[],
  options: KeepOptions,
  { noop, confirmed }: LookOptions,
  signal: AbortSignal,
): Promise<TargetLook> {
  let found: HostChanges = { added: [], changed: [], removed: [] }
  let there: readonly MonitoredHost[] = []
  const outcome = (more: Partial<TargetLook>): TargetLook => ({
    target: target.name,
    hosts: there.length,
    ...found,
    refused: [],
    fault: undefined,
    needsPerson: false,
    ...more,
  })
  try {
    there = await target.list(signal)
    const { wanted, refused } = judgeHosts(target, hosts, there, options)
    found = compareHosts(there, wanted)
    const limited = judgeRemoval(target.name, found.removed, there.length, { ...options, confirmed })
    if (limited !== undefined) return outcome({ refused, fault: limited, needsPerson: true })
    if (noop) return outcome({ refused })
    const notTaken = await target.apply(wanted, signal)
    there = await target.list(signal)
    const fault = faultAfter(target.name, there, wanted, notTaken)
    return outcome({ refused: [...refused, ...notTaken], fault })
  } catch (error) {
    if (signal.aborted || !(error instanceof MonitoringFault)) throw error
    return outcome({ fault: error.message })
  }
}

/** Returns the hosts as a system should have them, and those whose texts may stand in no configuration. */
function judgeHosts(
  { takesChecks }: MonitoringTarget,
  hosts: readonly Host[],
  there: readonly MonitoredHost[],
  { addressFact, checksOf }: KeepOptions,
): { wanted: MonitoredHost[]; refused: RefusedHost[] } {
  const known = new Map(there.map((host) => [host.name, host]))
  const wanted: MonitoredHost[] = []
  const refused: RefusedHost[] = []
  for (const { name, classes, facts } of hosts) {
    const before = known.get(name)
    // A host that has told nothing yet, such as after a loss of the state, keeps the checks that it has.
    const checks = takesChecks ? (checksOf(name) ?? before?.checks ?? []) : []
    const address = addressFact === undefined ? name : facts[addressFact]
    const host = { name, address: address ?? name, classes, checks }
    const why =
      address === undefined ? `the inventory has no fact ${addressFact ?? ''} of it` : refuseHost(host)
    if (why === undefined) wanted.push(host)
    else {
      refused.push({ host: name, why })
      // It is in the inventory, so it is not removed: it stays as it was.
      if (before !== undefined) wanted.push(before)
    }
  }
  return { wanted, refused }
}

/** Asks again: what a system was told is done only when it shows it. */
function faultAfter(
  system: string,
  there: readonly MonitoredHost[],
  wanted: readonly MonitoredHost[],
  notTaken: readonly RefusedHost[],
): string | undefined {
  const without = new Set(notTaken.map(({ host }) => host))
  const of = (hosts: readonly MonitoredHost[]) => hosts.filter(({ name }) => !without.has(name))
  const left = compareHosts(of(there), of(wanted))
  if (!hasChanges(left)) return undefined
  const [odd = ''] = [...left.added, ...left.changed, ...left.removed]
  return `${system}: it has taken all changes, and shows ${odd} otherwise; it is tried again`
}
