import { join } from 'node:path'
import type { Environment } from '../config/environment'
import type { MonitoringSettings } from '../config/monitoring_setting'
import type { Host } from '../inventory/host'
import { readInventory } from '../inventory/inventory'
import type { Clock } from '../system/clock'
import type { CommandRunner } from '../system/command'
import { LockstepError } from '../system/errors'
import type { Redact } from '../system/redaction'
import { keepInStep, type LookOptions, type MonitoringLook } from './keep_in_step'
import { Registrations } from './registrations'
import { Icinga } from './systems/icinga'
import { IcingaApi } from './systems/icinga_api'
import { Nagios } from './systems/nagios'
import { Prometheus } from './systems/prometheus'
import type { MonitoringTarget } from './systems/target'

export interface MonitoringMeans {
  /** The folder of the state, as an absolute path. */
  state: string
  run: CommandRunner
  clock: Clock
  redact: Redact
}

/** A look, and the hosts that register without being in the inventory. */
export interface WholeLook {
  look: MonitoringLook
  unknown: readonly string[]
}

/** The monitoring of an environment's hosts: what they have registered, and the systems that are told of them. */
export interface Monitoring {
  readonly registrations: Registrations
  look(options: LookOptions, signal: AbortSignal): Promise<WholeLook>
}

/**
 * Opens the monitoring of an environment.
 * @throws LockstepError `bad-config` for an environment without an inventory: nothing would say who is monitored
 */
export function openMonitoring(
  settings: MonitoringSettings,
  environment: Environment,
  means: MonitoringMeans,
): Monitoring {
  const { name, inventory, environments } = environment
  if (inventory.every(({ kind }) => kind === 'discovery'))
    throw new LockstepError(
      'bad-config',
      `monitoring: the environment ${name} has no inventory, which says who is monitored; name one, as in inventory: [hosts.csv]`,
    )
  const registrations = new Registrations(join(means.state, 'monitoring', `${name}.json`))
  const targets = targetsOf(settings, means)
  return {
    registrations,
    async look(options, signal) {
      let hosts: readonly Host[] | undefined
      const look = await keepInStep(
        {
          targets,
          maxRemoved: settings.maxRemoved,
          addressFact: settings.addressFact,
          checksOf: (host) => registrations.checksOf(host),
          async readHosts(until) {
            const { redact } = means
            hosts = (
              await readInventory(inventory, { environment: name, environments, signal: until, redact })
            ).hosts
            return hosts
          },
        },
        options,
        signal,
      )
      const listed = hosts && new Set(hosts.map((host) => host.name.toLowerCase()))
      // Without an inventory nobody knows who is missing in it.
      const unknown = listed === undefined ? [] : registrations.notIn(listed, means.clock.now())
      return { look, unknown }
    },
  }
}

function targetsOf(
  { nagios, icinga, prometheus }: MonitoringSettings,
  means: MonitoringMeans,
): MonitoringTarget[] {
  return [
    ...(nagios === undefined ? [] : [new Nagios(nagios, means)]),
    ...(icinga === undefined ? [] : [new Icinga(new IcingaApi(icinga, means.redact), icinga)]),
    ...(prometheus === undefined ? [] : [new Prometheus(prometheus)]),
  ]
}
