import type { InventorySource } from '../config/inventory_sources'
import type { ExpectedHosts, Selection } from '../rollout/ports'
import { LockstepError } from '../system/errors'
import { readInventory, type Inventory, type InventoryOptions } from './inventory'
import { matching } from './selection'

/**
 * Returns the expected hosts, read when they are first asked for and unchanged from then on. Undefined where they are
 * written nowhere.
 */
export function readExpectedHosts(
  sources: readonly InventorySource[],
  options: InventoryOptions,
): ExpectedHosts | undefined {
  if (sources.every(({ kind }) => kind === 'discovery')) return undefined
  let inventory: Promise<Inventory> | undefined
  return {
    async matching(selection) {
      const known = await (inventory ??= readInventory(sources, options))
      expectFacts(known, selection)
      return matching(known, selection)
    },
  }
}

/**
 * Refuses a fact that no host of the inventory has: no host would be expected, and every answer would be unexpected.
 */
function expectFacts({ hosts }: Inventory, { facts }: Selection): void {
  const unknown = facts.find(({ fact }) => !hosts.some((host) => Object.hasOwn(host.facts, fact)))
  if (unknown === undefined) return
  throw new LockstepError(
    'bad-config',
    `no host of the inventory has the fact ${unknown.fact}, by which hosts are selected; add it there, or select by what it has`,
  )
}
