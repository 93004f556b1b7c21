import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessContext } from '../config/mcollective_cfg'
import { readInventory } from '../inventory/inventory'
import { sourceNamed, type InventorySource } from '../config/inventory_sources'
import { readInventorySetting } from '../config/lockstep_yaml'
import { readSetting } from '../config/settings'
import { readFleetFile } from '../simulation/fleet_file'
import type { NamedFleet } from '../simulation/embedded'
import type { RunParameters, RunSurroundings } from '../run/parameters'
import type { PlannedScenario } from '../run/run_parts'
import { faultNamed } from './fault_table'
import { needsOf, type Needs } from './needs'

/** A version before all others, by dpkg's order and by rpm's. */
const BEFORE = '0~before'

/**
 * Returns simulated hosts with the names, classes and facts of the environment's inventory, and all that a feature
 * needs of them. Where there is no inventory it returns the embedded fleet. One host has the rehearsed fault, if there
 * is one.
 * @throws LockstepError `bad-config`
 */
export async function rehearsedFleet(plan: readonly PlannedScenario[], where: Where): Promise<NamedFleet> {
  const fleet = await wellFleet(needsOf(plan), where)
  const { errand } = where.context
  if (errand?.why !== 'rehearsal') return fleet
  const { host, fault, during } = errand.fault
  return {
    ...fleet,
    hosts: fleet.hosts.map((each) =>
      each.identity === host ? { ...each, fault: faultNamed(fault, during) } : each,
    ),
  }
}

interface Where {
  parameters: RunParameters
  context: RunSurroundings
  cwd: string
  /** The path of the file of the embedded fleet. */
  embedded: string
}

async function wellFleet(needs: Needs, { parameters, context, cwd, embedded }: Where): Promise<NamedFleet> {
  const { environment, environments, sources } = inventoryOf(parameters, context, cwd)
  const file = readSetting(context.env, 'LOCKSTEP_FLEET')
  if (sources.length === 0 || file !== undefined) {
    const fleet = readFleetFile(file ?? embedded)
    return { ...fleet, name: `${fleet.hosts.length} simulated hosts, of no inventory` }
  }
  const { signal } = new AbortController()
  const { hosts } = await readInventory(sources, { environment, environments, signal })
  const { packages, repositories, sites, puppet, compiles, services, checks, backends } = needs
  const names = hosts.map(({ name }) => name)
  const ok = [{ exitcode: 0, output: 'OK - simulated', perfdata: '' }]
  return {
    name: `${hosts.length} simulated hosts of ${environment ?? 'the inventory'}`,
    inventory: { sources, environment },
    repository: Object.fromEntries(
      [...packages].map(([name, versions]) => [name, [BEFORE, ...offerVersions(versions)]]),
    ),
    git: Object.fromEntries(
      [...repositories].map(([name, tags]) => [name, [BEFORE, ...offerVersions(tags)]]),
    ),
    backends: Object.fromEntries(backends.map((name) => [name, names])),
    hosts: hosts.map(({ name, classes, facts, environment: own }) => ({
      identity: name,
      classes,
      facts: own === undefined ? facts : { environment: own, ...facts },
      packages: Object.fromEntries([...packages.keys()].map((each) => [each, BEFORE])),
      serves: Object.fromEntries([...repositories.keys()].map((each) => [each, BEFORE])),
      sites: Object.fromEntries(sites),
      puppet,
      compiles,
      services: Object.fromEntries(services.map((each) => [each, 'running' as const])),
      checks: Object.fromEntries(checks.map((each) => [each, ok])),
      without: [],
      fault: undefined,
    })),
  }
}

function offerVersions(versions: readonly string[]): readonly string[] {
  return versions.length > 0 ? versions : ['1.0']
}

/**
 * Returns the environment, the names of all environments and the sources of the inventory. No secret is read for it.
 */
function inventoryOf(
  { environment: wanted }: RunParameters,
  { env }: ProcessContext,
  cwd: string,
): {
  environment: string | undefined
  environments: readonly string[] | undefined
  sources: readonly InventorySource[]
} {
  const named = readSetting(env, 'LOCKSTEP_INVENTORY')
  if (named !== undefined)
    return {
      environment: undefined,
      environments: undefined,
      sources: [sourceNamed(named, 'LOCKSTEP_INVENTORY', (path) => path)],
    }
  const config = readSetting(env, 'LOCKSTEP_CONFIG') ?? join(cwd, 'lockstep.yaml')
  if (!existsSync(config)) return { environment: undefined, environments: undefined, sources: [] }
  return readInventorySetting(config, wanted ?? readSetting(env, 'LOCKSTEP_ENVIRONMENT'))
}
