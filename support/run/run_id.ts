import { randomBytes } from 'node:crypto'
import type { Clock } from '../system/clock'
import { LockstepError } from '../system/errors'

/** The variable by which `lockstep serve` gives a run its id, so that it finds the journal of the run again. */
export const RUN_ID = 'LOCKSTEP_RUN'

/** Returns the id of a new run, such as `20261122-120133-5a1c`. */
export function newRunId(clock: Pick<Clock, 'now'>): string {
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${stamp}-${randomBytes(2).toString('hex')}`
}

/**
 * Takes the id of a run out of an environment, so that no other run has it; undefined where the run makes its own.
 * @throws LockstepError `bad-input` for what is no id
 */
export function takeRunId(env: Record<string, string | undefined>): string | undefined {
  const id = env[RUN_ID] ?? ''
  delete env[RUN_ID]
  if (id === '') return undefined
  if (/^\d{8}-\d{6}-[0-9a-f]{4}$/.test(id)) return id
  throw new LockstepError(
    'bad-input',
    `${RUN_ID} is set by Lockstep alone, for the runs that it begins; leave it out; nothing was sent`,
  )
}
