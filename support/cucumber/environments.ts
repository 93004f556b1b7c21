import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { findClientCfg, readClientCfg } from '../config/client_cfg'
import type { Surroundings } from '../config/mcollective_cfg'
import { DEFAULTS, NO_VARIABLES, type Environment } from '../config/environment'
import type { HaproxyFaultFrom } from '../config/fleet_file'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'

/** What a profile says about the run; cucumber hands it over as world parameters. */
export interface RunParameters {
  mode?: 'embedded' | 'live'
  /** What is done there: a rollout unless said. */
  intent?: 'plan' | 'drift'
  /** A plan that was approved: nothing else may be done. */
  plan?: string
  /** What the run calls its release. */
  release?: string
  /** A named environment of lockstep.yaml. */
  environment?: string
  /** The description of an embedded fleet. */
  fleet?: string
  /** The run that this one goes on from. */
  resume?: string
}

export const EMBEDDED_FLEET = join(__dirname, '..', 'simulation', 'fleet.yaml')

/** Where a rollout goes, and what has to be stopped when it is over. */
export interface Surrounded {
  environment: Environment
  embedded: { stop(): Promise<void> } | undefined
}

/**
 * The environment that a profile means: an embedded fleet, started here, or the one that is configured.
 * @throws LockstepError `bad-config`; nothing was sent then
 */
export async function environmentFor(
  parameters: RunParameters,
  around: Surroundings,
  cwd: string,
): Promise<Surrounded> {
  if ((parameters.mode ?? 'embedded') === 'embedded') return startEmbedded(parameters, around)
  return { environment: liveEnvironment(parameters, around, cwd), embedded: undefined }
}

async function startEmbedded(parameters: RunParameters, { env }: Surroundings): Promise<Surrounded> {
  // Loaded only here: a live run has no use for a simulation.
  const { EmbeddedFleet: Fleet } = require('../simulation/fleet') as typeof import('../simulation/fleet')
  const { parseFaults, parseHaproxyFault, readFleetFile } =
    require('../config/fleet_file') as typeof import('../config/fleet_file')
  const path = parameters.fleet ?? env['LOCKSTEP_FLEET'] ?? EMBEDDED_FLEET
  const faults = parseFaults(env['LOCKSTEP_FAULTS'] ?? '')
  const fleet = readFleetFile(path, faults)
  const haproxy = await startHaproxy(fleet.backends, parseHaproxyFault(env['LOCKSTEP_FAULTS'] ?? ''))
  const secret = randomBytes(16).toString('hex')
  const embedded = new Fleet({ fleet, collective: 'mcollective', secret, clock: systemClock })
  const port = await embedded.start()
  return {
    embedded: {
      async stop() {
        await haproxy.stop()
        await embedded.stop()
      },
    },
    environment: {
      ...DEFAULTS,
      name: `embedded fleet of ${fleet.hosts.length} simulated hosts`,
      connector: 'activemq',
      brokers: [{ host: '127.0.0.1', port }],
      virtualHost: 'mcollective',
      collective: 'mcollective',
      identity: 'lockstep',
      security: { provider: 'psk', secret, callerid: 'user=lockstep' },
      discoveryWindow: 300,
      lookEvery: 100,
      timeouts: { default: 2_000 },
      directAddressing: true,
      hostLeases: false,
      notices: [],
      haproxy: haproxy.addresses,
      inventory: inventoryOf(env['LOCKSTEP_INVENTORY']),
      environments: undefined,
      ...NO_VARIABLES,
      warnings: [],
    },
  }
}

function inventoryOf(named: string | undefined): Environment['inventory'] {
  if (named === undefined || named === '') return []
  const { sourceNamed } =
    require('../config/inventory_sources') as typeof import('../config/inventory_sources')
  return [sourceNamed(named, 'LOCKSTEP_INVENTORY', (path) => resolve(path))]
}

/** The embedded fleet's HAProxy, where its description has backends. */
async function startHaproxy(
  backends: Readonly<Record<string, readonly string[]>>,
  faulty: HaproxyFaultFrom | undefined,
): Promise<{ addresses: { host: string; port: number }[]; stop(): Promise<void> }> {
  if (Object.keys(backends).length === 0) return { addresses: [], stop: async () => {} }
  const { SimulatedHaproxy } = require('../simulation/haproxy') as typeof import('../simulation/haproxy')
  const haproxy = new SimulatedHaproxy({ backends })
  haproxy.fault = faulty?.fault
  haproxy.faultyFrom = faulty?.from ?? 1
  const port = await haproxy.start()
  return { addresses: [{ host: '127.0.0.1', port }], stop: () => haproxy.stop() }
}

/** @throws LockstepError `bad-config` */
export function liveEnvironment(
  { environment }: RunParameters,
  around: Surroundings,
  cwd: string,
): Environment {
  const config = configPath(around, cwd)
  const wanted = environment ?? around.env['LOCKSTEP_ENVIRONMENT']
  if (config !== undefined) {
    // Loaded only where there is one: an mco configuration needs neither YAML nor a schema.
    const { readLockstepYaml } =
      require('../config/lockstep_yaml') as typeof import('../config/lockstep_yaml')
    return readLockstepYaml(config, wanted, around)
  }
  if (wanted !== undefined) {
    throw new LockstepError(
      'bad-config',
      `the environment ${wanted} was asked for, but there is no lockstep.yaml here`,
    )
  }
  const client = findClientCfg(around)
  if (client === undefined) {
    const places = '~/.mcollective, /etc/puppetlabs/mcollective/client.cfg, /etc/mcollective/client.cfg'
    throw new LockstepError(
      'bad-config',
      `there is no fleet to talk to: no lockstep.yaml here, and no MCollective client configuration in ${places}; name one with MCOLLECTIVE_CONFIG=<file>`,
    )
  }
  return readClientCfg(client, around)
}

/** The file that names environments, if there is one. */
export function configPath({ env }: Surroundings, cwd: string): string | undefined {
  const named = env['LOCKSTEP_CONFIG']
  if (named !== undefined) return named
  const usual = join(cwd, 'lockstep.yaml')
  return existsSync(usual) ? usual : undefined
}

export function surroundings(): Surroundings {
  return { env: process.env, hostname: hostname(), uid: process.getuid?.() ?? 0 }
}
