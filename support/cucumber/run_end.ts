import { lookAt } from '../rollout/still_held'
import type { Rollout } from '../rollout/rollout'
import { hosts as counted } from '../rollout/verdict'
import { formatLockstep, PLACES } from '../system/commands'
import { LockstepError } from '../system/errors'
import type { Run } from './run'

/** What a rollout that went well still has to answer for. */
export async function finishRollout(run: Run, rollout: Rollout): Promise<void> {
  for (const { hold, hosts } of rollout.ledger.holding) await lookAt(rollout, hold, hosts)
  const { left } = rollout.waves
  if (left.length > 0)
    run.refuse(new LockstepError('diverged', `${counted(left.length)} were in no wave: ${left.join(', ')}`))
  const overdue = rollout.gates.overdue()
  if (overdue !== undefined) run.refuse(new LockstepError('diverged', overdue))
}

/** The journal has it all; without the record of it nobody could ask later. */
export function recordRun(run: Run, path: string): void {
  const { writeRecord } = require('./record/recording') as typeof import('./record/recording')
  try {
    run.drift = writeRecord(path).flatMap(({ drift }) => drift)
  } catch (error) {
    const why = (error as Error).message
    const next = `write it once that is mended: ${formatLockstep(`record --write ${run.id}`, PLACES)}`
    run.refuse(
      new LockstepError('journal-failed', `the record of what changed could not be written: ${why}; ${next}`),
    )
  }
}
