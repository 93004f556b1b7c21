import type { Environment, MixedRoad } from '../config/environment'
import { LockstepError } from '../system/errors'
import { excerpt, type Redact } from '../system/redaction'
import { lazy } from './lazy'

/** The column, or the fact, of the inventory that names the road of a host. */
const ROAD = 'road'

/**
 * Reads the roads that the inventory of an environment names, by host; a host without one is on the road by which it
 * answers.
 * @throws LockstepError `bad-config` for a road that there is not, and for the faults of an inventory
 */
export async function readWrittenRoads(
  { name, inventory, inventoried, environments }: Environment,
  { roads }: MixedRoad,
  signal: AbortSignal,
  redact: Redact,
): Promise<ReadonlyMap<string, string>> {
  const names = roads.map((each) => each.name)
  const { readInventory } = lazy.inventory
  const environment = inventoried ?? (environments === undefined ? undefined : name)
  const { hosts } = await readInventory(inventory, { environment, environments, signal, redact })
  const written = new Map<string, string>()
  for (const { name: host, facts, from } of hosts) {
    const road = facts[ROAD]
    if (road === undefined) continue
    if (!names.includes(road))
      throw new LockstepError(
        'bad-config',
        `${from}: ${host} has the road ${JSON.stringify(excerpt(road, 80))}, which ${name} does not have; there are: ${names.join(', ')}`,
      )
    written.set(host, road)
  }
  return written
}
