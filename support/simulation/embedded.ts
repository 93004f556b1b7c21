import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { DEFAULTS, NO_VARIABLES, type Environment } from '../config/environment'
import { parseFaults, parseHaproxyFault, readFleetFile, type HaproxyFaultFrom } from './fleet_file'
import type { ProcessContext } from '../config/mcollective_cfg'
import { sourceNamed } from '../config/inventory_sources'
import { readSetting } from '../config/settings'
import { EmbeddedFleet, type FleetDescription } from './fleet'
import { SimulatedHaproxy } from './haproxy'
import { systemClock } from '../system/clock'

export const EMBEDDED_FLEET = join(__dirname, 'fleet.yaml')

/** The environment that a rollout goes to, and the simulation that has to be stopped when it is over. */
export interface Surrounded {
  environment: Environment
  embedded: EmbeddedContext | undefined
}

export interface NamedFleet extends FleetDescription {
  /** The name of the fleet as a person is shown it. */
  name: string
  /** The inventory that the hosts are of, and the environment there; absent where they are of none. */
  inventory?: { sources: Environment['inventory']; environment: string | undefined }
}

/** The simulated parts of a run, beside the environment that reaches them. */
export interface EmbeddedContext {
  fleet: EmbeddedFleet
  haproxy: SimulatedHaproxy
  backends: readonly string[]
  stop(): Promise<void>
}

export function embeddedFleet({ fleet: path }: { fleet?: string }, { env }: ProcessContext): NamedFleet {
  const faults = parseFaults(readSetting(env, 'LOCKSTEP_FAULTS') ?? '')
  const fleet = readFleetFile(path ?? readSetting(env, 'LOCKSTEP_FLEET') ?? EMBEDDED_FLEET, faults)
  return { ...fleet, name: `embedded fleet of ${fleet.hosts.length} simulated hosts` }
}

export async function startEmbedded(fleet: NamedFleet, { env }: ProcessContext): Promise<Surrounded> {
  const haproxy = new SimulatedHaproxy({ backends: fleet.backends })
  const addresses = await startHaproxy(
    haproxy,
    fleet,
    parseHaproxyFault(readSetting(env, 'LOCKSTEP_FAULTS') ?? ''),
  )
  const secret = randomBytes(16).toString('hex')
  const embedded = new EmbeddedFleet({ fleet, collective: 'mcollective', secret, clock: systemClock })
  const port = await embedded.start().catch(async (error: unknown) => {
    await haproxy.stop()
    throw error
  })
  return {
    embedded: {
      fleet: embedded,
      haproxy,
      backends: Object.keys(fleet.backends),
      async stop() {
        await haproxy.stop()
        await embedded.stop()
      },
    },
    environment: {
      ...DEFAULTS,
      name: fleet.name,
      road: {
        connector: 'activemq',
        brokers: [{ host: '127.0.0.1', port }],
        virtualHost: 'mcollective',
        security: { provider: 'psk', secret, callerid: 'user=lockstep' },
        directAddressing: true,
      },
      collective: 'mcollective',
      identity: 'lockstep',
      discoveryWindow: 300,
      lookEvery: 100,
      timeouts: { default: 2_000 },
      safeMode: false,
      hostLeases: false,
      notifications: [],
      haproxy: addresses,
      balancers: [],
      prometheus: undefined,
      inventory: fleet.inventory?.sources ?? inventoryOf(readSetting(env, 'LOCKSTEP_INVENTORY')),
      inventoried: fleet.inventory?.environment,
      environments: undefined,
      ...NO_VARIABLES,
      warnings: [],
    },
  }
}

function inventoryOf(named: string | undefined): Environment['inventory'] {
  if (named === undefined) return []
  return [sourceNamed(named, 'LOCKSTEP_INVENTORY', (path) => resolve(path))]
}

/** Starts the simulated HAProxy where the fleet's description has backends. Resolves with its address, or with none. */
async function startHaproxy(
  haproxy: SimulatedHaproxy,
  { backends }: FleetDescription,
  faulty: HaproxyFaultFrom | undefined,
): Promise<{ host: string; port: number }[]> {
  if (Object.keys(backends).length === 0) return []
  haproxy.fault = faulty?.fault
  haproxy.faultyFrom = faulty?.from ?? 1
  return [{ host: '127.0.0.1', port: await haproxy.start() }]
}
