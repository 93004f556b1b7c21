import type { MonitoringSettings } from '../config/monitoring_setting'
import type { DowntimeSystem } from '../monitoring/systems/downtime_system'
import type { Downtimes } from '../rollout/ports'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { redactorOfOthers } from '../system/redaction'
import { lazy } from './lazy'

interface DowntimePlace {
  /** The path of lockstep.yaml; undefined where there is none. */
  config: string | undefined
  environment: string
  env: NodeJS.ProcessEnv
  run: string
  lookEvery: number
  /** True where hosts are simulated. A simulated monitoring then stands in for all systems. */
  isSimulated: boolean
}

/** The downtimes of a run, in the monitoring of its environment. */
export interface DowntimesOfRun {
  /**
   * Returns the downtimes in all systems that take them.
   * @throws LockstepError `bad-config` where there is none
   */
  all(isPlanned: () => boolean): Downtimes
  /** Returns the downtimes in the systems that an earlier run has named; undefined for other words. @throws LockstepError `bad-config` */
  named(obligation: string): Downtimes | undefined
}

/** Returns the downtimes of a run. Nothing is read before they are asked for: most runs have none. */
export function downtimesOf(place: DowntimePlace): DowntimesOfRun {
  const { run, lookEvery } = place
  let opened: readonly DowntimeSystem[] | undefined
  const systems = () => (opened ??= openSystems(place))
  const make = (chosen: readonly DowntimeSystem[], isPlanned: () => boolean) =>
    lazy.downtimes.downtimesIn({ systems: chosen, run, lookEvery, isPlanned })
  return {
    all: (isPlanned) => make(systems(), isPlanned),
    named(obligation) {
      const [, written] = /^has a downtime in (.+)$/.exec(obligation) ?? []
      if (written === undefined) return undefined
      const chosen = written.split(' and ').map((name) => {
        const system = systems().find((each) => each.name === name)
        if (system === undefined)
          throw new LockstepError(
            'bad-config',
            `a host ${obligation}, and monitoring of lockstep.yaml does not name ${name} any more; name it again, or end the downtime there`,
          )
        return system
      })
      return make(chosen, () => false)
    },
  }
}

function openSystems(place: DowntimePlace): readonly DowntimeSystem[] {
  const { config, environment, env, isSimulated } = place
  const now = () => systemClock.now()
  if (isSimulated) return [new lazy.downtimes.MemoryDowntimes(now)]
  const settings = config === undefined ? undefined : lazy.downtimes.readMonitoringSetting(config, { env })
  if (settings?.environment !== undefined && settings.environment !== environment)
    throw new LockstepError(
      'bad-config',
      `a downtime is wanted in ${environment}, and monitoring of ${config} is of the environment ${settings.environment}`,
    )
  const systems = settings === undefined ? [] : systemsOf(settings, now)
  if (systems.length === 0)
    throw new LockstepError(
      'bad-config',
      'a downtime is wanted, and no monitoring system that takes one is known; name icinga or nagios below monitoring of lockstep.yaml',
    )
  return systems
}

function systemsOf({ icinga, nagios, secrets }: MonitoringSettings, now: () => number): DowntimeSystem[] {
  const { IcingaApi, IcingaDowntimes, NagiosDowntimes } = lazy.downtimes
  return [
    ...(icinga === undefined ? [] : [new IcingaDowntimes(new IcingaApi(icinga, redactorOfOthers(secrets)))]),
    ...(nagios === undefined ? [] : [new NagiosDowntimes({ config: nagios.config, now })]),
  ]
}
