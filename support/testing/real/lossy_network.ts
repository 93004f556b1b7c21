import { writeFileSync } from 'node:fs'
import { EMBEDDED_FLEET } from '../../simulation/embedded'
import { readFleetFile } from '../../simulation/fleet_file'
import { EmbeddedFleet } from '../../simulation/fleet'
import { systemClock } from '../../system/clock'
import { cucumber } from '../cucumber_process'

/**
 * Runs a fleet and a live rollout on it, both in this network namespace; in `cwd`, with the feature there. Prints the
 * run's output.
 */
async function main(cwd: string, feature: string): Promise<void> {
  const secret = 'lossy'
  const fleet = new EmbeddedFleet({
    fleet: readFleetFile(EMBEDDED_FLEET),
    collective: 'mcollective',
    secret,
    clock: systemClock,
  })
  const port = await fleet.start()
  const pool = 'plugin.activemq.pool'
  const settings = `plugin.psk = ${secret}\n${pool}.size = 1\n${pool}.1.host = 127.0.0.1\n${pool}.1.port = ${port}\n`
  writeFileSync(`${cwd}/client.cfg`, settings)
  const run = await cucumber(['-p', 'live', feature], cwd, { MCOLLECTIVE_CONFIG: `${cwd}/client.cfg` })
  process.stdout.write(run.stdout + run.stderr)
  await fleet.stop()
  process.exitCode = run.exitCode ?? 1
}

void main(process.argv[2] ?? '', process.argv[3] ?? '')
