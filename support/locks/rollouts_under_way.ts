import type { RunJournal } from '../run/journals'
import { processStartedAt } from '../system/process_start'
import type { Holder } from './lock_store'

/** A rollout whose process is there. */
export interface RolloutUnderWay {
  run: string
  feature: string
  environment: string
  release: string | undefined
  by: string | undefined
  began: string
  hosts: number
  wave: string | undefined
}

/**
 * Returns the rollouts whose process is there: by its lock where it has one, else by its number on this machine, which is all that
 * is known of a run before its first change.
 */
export function rolloutsUnderWay(
  journals: readonly RunJournal[],
  holders: readonly Holder[] | string,
  isAlive: (pid: number, beganAt: number) => boolean,
): RolloutUnderWay[] {
  const locks = new Map((typeof holders === 'string' ? [] : holders).map((holder) => [holder.run, holder]))
  return journals.flatMap(({ run, entries }) => {
    const began = entries.find((entry) => entry.type === 'run')
    if (began === undefined || entries.some(({ type }) => type === 'rollouts ended')) return []
    const lock = locks.get(run)
    if (!(lock === undefined ? isAlive(began.pid, Date.parse(began.at)) : lock.state === 'alive')) return []
    const wave = entries.findLast((entry) => entry.type === 'wave')
    const rollCall = entries.findLast((entry) => entry.type === 'roll call')
    const named = entries.findLast((entry) => entry.type === 'release')
    return [
      {
        run,
        feature: began.feature,
        environment: began.environment,
        release: named?.release ?? began.release,
        by: began.by,
        began: began.at,
        hosts: rollCall?.hosts.length ?? 0,
        wave: wave?.name,
      },
    ]
  })
}

/** The milliseconds by which clocks that jump may make a process look younger than its journal. */
const SLACK_MS = 10_000

/** Returns whether the process of a run is on this machine: its number may be another one's by now, which is younger. */
export function isProcessOfRun(pid: number, beganAt: number, now: number): boolean {
  const started = processStartedAt(pid, now)
  return started !== undefined && started <= beganAt + SLACK_MS
}
