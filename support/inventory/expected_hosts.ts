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
  const read = () => (inventory ??= readInventory(sources, options))
  return {
    async matching(selection) {
      if (selection.environment !== undefined) expectOwn(selection.environment, options.environment)
      const known = await read()
      if (selection.environment !== undefined) expectEnvironment(known, selection.environment)
      expectFacts(known, selection)
      return matching(known, selection)
    },
    async outsideOf(environment) {
      const { hosts, elsewhere } = await read()
      const others = [...hosts, ...elsewhere].filter((host) => host.environment !== environment)
      return new Map(others.map((host) => [host.name, host.environment ?? '']))
    },
  }
}

/** Expects the environment of the run: brokers, history and locks of a run are those of its own environment. */
function expectOwn(wanted: string, own: string | undefined): void {
  if (own === undefined || own === wanted) return
  throw new LockstepError(
    'bad-feature',
    `the feature is for the hosts of environment ${wanted}, and this run is in ${own}; run it with --environment ${wanted}, or say the environment of a feature for several as a variable of each`,
  )
}

/** Refuses an environment that no row has: a misspelt one would be a rollout to no host. */
function expectEnvironment({ hosts, elsewhere }: Inventory, wanted: string): void {
  const named = new Set([...hosts, ...elsewhere].flatMap(({ environment }) => environment ?? []))
  if (named.has(wanted)) return
  const there = named.size === 0 ? 'no host has an environment there' : `there are: ${[...named].join(', ')}`
  throw new LockstepError(
    'bad-config',
    `no host of the inventory has the environment ${wanted}; ${there}; say it in the column environment, or in the key of a YAML file`,
  )
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
