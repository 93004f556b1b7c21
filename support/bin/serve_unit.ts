import { monitoringFolders } from '../config/monitoring_setting'
import type { SpoolSetting } from '../config/pipeline_setting'
import { lookUpAccount } from '../pipeline/build_user'
import { BUILD_CAPABILITIES } from '../pipeline/prove_build_user'
import { serveUnit } from '../server/unit'
import { runCommand } from '../system/command'

interface UnitPlace {
  /** The words that start `lockstep`. */
  lockstep: readonly string[]
  config: string
  state: string
  isStandby: boolean
}

/** Returns the unit of a `lockstep serve` that has a pipeline. */
export async function unitOf(
  { path: spool, buildUsers, rollsOut }: SpoolSetting,
  place: UnitPlace,
): Promise<string> {
  const accounts = await Promise.all(buildUsers.map((user) => lookUpAccount(user, runCommand)))
  return serveUnit({
    command: commandOf(place),
    writes: [
      place.state,
      spool,
      ...accounts.map(({ home }) => home),
      ...(monitoringFolders(place.config) ?? []),
    ],
    rollsOut,
    capabilities: accounts.length === 0 ? [] : BUILD_CAPABILITIES,
  })
}

/** Returns the unit of a `lockstep serve` that has pages, or monitoring, alone. */
export function unitOfPages(place: UnitPlace): string {
  return serveUnit({
    command: commandOf(place),
    writes: [place.state, ...(monitoringFolders(place.config) ?? [])],
    rollsOut: false,
    capabilities: [],
  })
}

function commandOf({ lockstep, config, state, isStandby }: UnitPlace): string[] {
  return [...lockstep, 'serve', '--config', config, '--state', state, ...(isStandby ? ['--standby'] : [])]
}
