import { join } from 'node:path'
import type { Rollout } from '../rollout/rollout'
import { unwritten } from '../run/report_files'
import type { Run } from '../run/run'
import type { LeftHosts, Recovery } from '../run/run_parts'
import { writeWhole } from '../system/whole_file'
import { lazy } from './lazy'

/**
 * Writes a feature with exactly the hosts that a run has not brought to the end of one of its features, and says so. The
 * error of one that cannot be written is shown, and does not change the outcome.
 */
export function writeRecovery(run: Run, uri: string, rollout: Rollout, reports: string): void {
  const left = run.state.leftOf(uri)
  if (left === undefined) return
  const { recoveryFeatureOf, recoveryName } = lazy.recovery
  const path = join(reports, recoveryName(run.state, uri))
  const recovery: Recovery = {
    uri,
    path,
    hosts: left.hosts.length,
    isResumable: !left.passed && run.state.outIn(uri).size === 0 && !rollout.hasUnknownOutcome,
    hasRoom: hasRoom(run, rollout, left),
  }
  const text = recoveryFeatureOf(run.state, recovery)
  if (text === undefined) return
  try {
    writeWhole(path, text)
  } catch (error) {
    process.stderr.write(`${unwritten(path, error)}\n`)
    return
  }
  run.stream.appendNow({ type: 'recovery', recovery })
}

/**
 * Returns whether the pool has room for the remaining hosts. Where a balancer knows no pool but the hosts of the
 * rollout, the remaining hosts are a smaller pool.
 */
function hasRoom(run: Run, { traffic }: Rollout, { hosts, waves = [] }: LeftHosts): boolean {
  const { through, pool } = traffic
  if (through?.lastMayGo !== true) return true
  const out = new Set(run.state.outOfRotation.map(({ host }) => host))
  return hosts.every((host) => out.has(host)) || pool.hasRoomFor(waves, hosts.length)
}
