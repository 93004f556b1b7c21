import { keyOfHost, type HostRelease, type HostSeen, type SeenVersion } from '../../history/host_releases'
import type { ConsoleState, KnownInventory } from './console_state'
import { partOf, type Part } from './parts'
import type { Sight } from './sight'

/** The hosts of a page, at most. */
export const MAX_HOSTS = 100

export interface FleetData {
  environments: readonly string[]
  /** The environment that is shown; undefined where the reader may look at none. */
  environment: string | undefined
  /** A part of a host's name, or a class, that was asked for. */
  wanted: string
  hosts: Part<FleetHost>
  counts: FleetCounts
  inventory: KnownInventory
  /** On which hosts tags are, by their last answers. */
  fetches: readonly { repository: string; tag: string; at: string; has: number; all: number }[]
  faults: readonly string[]
}

/** A host, and from when each thing is known that is shown of it. */
export interface FleetHost {
  host: string
  /** True where a file of the inventory names it. */
  isExpected: boolean
  classes: readonly string[]
  facts: Readonly<Record<string, string>>
  release: HostRelease | undefined
  versions: readonly (readonly [string, SeenVersion])[]
  lastRun: HostSeen | undefined
}

export interface FleetCounts {
  expected: number
  inRuns: number
  /** Of the inventory, those that no run was for. */
  neverInRuns: number
  /** In the last runs, and not in the inventory. */
  unexpected: number
}

/** Resolves with what is recorded of the hosts of an environment; undefined for one that the reader may not see. */
export async function readFleet(
  { environment, wanted, from }: { environment: string | null; wanted: string; from: string | null },
  state: ConsoleState,
  sight: Sight,
): Promise<FleetData | undefined> {
  const environments = state.environments().filter(sight.sees)
  if (environment !== null && environment !== '' && !environments.includes(environment)) return undefined
  const shown = environment || environments[0]
  const { seen, releases, versions, damaged } = state.knowledge()
  const { known, faults } = state.pipeline()
  const inventory = shown === undefined ? NO_INVENTORY : await state.inventoryOf(shown)
  const expected = new Map(inventory.hosts.map((host) => [host.name, host]))
  const lastRuns = new Map(seen.filter((each) => each.environment === shown).map((each) => [each.host, each]))
  const releaseOf = new Map(
    releases.filter((each) => each.environment === shown).map((each) => [each.host, each]),
  )
  const names = [...new Set([...expected.keys(), ...lastRuns.keys()])].sort()
  const asked = wanted.toLowerCase()
  const matching = names.filter(
    (name) =>
      name.toLowerCase().includes(asked) ||
      (expected.get(name)?.classes.some((each) => each.toLowerCase().includes(asked)) ?? false),
  )
  const part = partOf(matching, from, MAX_HOSTS)
  const hasInventory = inventory.files > 0
  return {
    environments,
    environment: shown,
    wanted,
    hosts: {
      ...part,
      shown: part.shown.map((host) => ({
        host,
        isExpected: expected.has(host),
        classes: expected.get(host)?.classes ?? [],
        facts: expected.get(host)?.facts ?? {},
        release: releaseOf.get(host),
        versions: [...(versions.get(keyOfHost(shown ?? '', host)) ?? [])],
        lastRun: lastRuns.get(host),
      })),
    },
    counts: {
      expected: expected.size,
      inRuns: lastRuns.size,
      neverInRuns: [...expected.keys()].filter((name) => !lastRuns.has(name)).length,
      unexpected: hasInventory ? [...lastRuns.keys()].filter((name) => !expected.has(name)).length : 0,
    },
    inventory,
    fetches: known.commits.flatMap(({ repository, fetches }) =>
      [...fetches.values()].flatMap(({ environment: where, tag, answered, superseded }) => {
        if (where !== shown || answered === undefined || superseded) return []
        const all = answered.missing.reduce((sum, { hosts }) => sum + hosts.count, answered.has.count)
        return [{ repository, tag, at: answered.at, has: answered.has.count, all }]
      }),
    ),
    faults: sight.faults([...damaged, ...faults]),
  }
}

const NO_INVENTORY: KnownInventory = { hosts: [], notRead: [], files: 0 }
