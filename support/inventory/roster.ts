import type { InventorySource } from '../config/inventory_sources'
import type { ExpectedHosts, Selection } from '../rollout/ports'
import { LockstepError } from '../system/errors'
import { readInventory, type Inventory, type InventoryOptions } from './inventory'
import { matching } from './selection'

/** Who should be there, read when it is first asked and the same from then on. Undefined where that is written nowhere. */
export function rosterOf(
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

/** A fact that no host has would mean nobody, and everybody who answers a stranger. */
function expectFacts({ hosts }: Inventory, { facts }: Selection): void {
  const unknown = facts.find(({ fact }) => !hosts.some((host) => Object.hasOwn(host.facts, fact)))
  if (unknown === undefined) return
  throw new LockstepError(
    'bad-config',
    `no host of the inventory has the fact ${unknown.fact}, by which hosts are selected; add it there, or select by what it has`,
  )
}
