import { lookAt } from '../rollout/engine/still_out'
import type { Rollout } from '../rollout/rollout'
import { hosts as counted } from '../rollout/model/verdict'
import { formatLockstep, PLACES } from '../system/commands'
import { LockstepError } from '../system/errors'
import { MODES } from '../run/modes'
import type { Run } from '../run/run'
import { lazy } from './lazy'

/** Refuses a rollout that passed and left something open, such as hosts in no wave. */
export async function finishRollout(run: Run, feature: string, rollout: Rollout): Promise<void> {
  if (
    rollout.hosts.known === undefined &&
    !run.hasStopped &&
    !run.state.verdicts.some(({ uri }) => uri === feature)
  )
    run.refuse(
      new LockstepError('nobody-discovered', `no line of ${feature} was for any host; nothing was done`),
    )
  for (const { obligation, hosts } of rollout.ledger.own) await lookAt(rollout, obligation, hosts)
  const { left } = rollout.waves
  if (left.length > 0)
    run.refuse(new LockstepError('diverged', `${counted(left.length)} were in no wave: ${left.join(', ')}`))
  const overdue = rollout.gates.overdue()
  if (overdue !== undefined) run.refuse(new LockstepError('diverged', overdue))
}

/**
 * Notes that a rollout to real hosts took the hosts that answered the discovery for all hosts. Nothing would have shown
 * then that some were missing.
 */
export function noteWhoWasTaken(run: Run, { hosts }: Rollout): void {
  if (!MODES[run.mode].notesGaps || !hosts.areWhoeverAnswered) return
  const found = (hosts.known?.length ?? 0) + hosts.outside.length
  run.note(
    `the hosts that answered the discovery were taken for all hosts (${counted(found)}): no inventory and no line "there should be … hosts" says how many there are`,
  )
}

/**
 * Notes which scenarios about hosts were left out of a run, by tag, name or line; its outcome says nothing of those.
 */
export function noteLeftOut(run: Run, feature: string): void {
  const names = run.features.leftOut.get(feature) ?? []
  if (!MODES[run.mode].notesGaps || names.length === 0) return
  const shown = names.slice(0, MAX_NAMED).map((name) => JSON.stringify(name))
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : ''
  run.note(`left out of ${feature}, by tag, name or line: ${shown.join(', ')}${more}`)
}

const MAX_NAMED = 3

/** Writes the run's changes into the history of a folder, as its journal has them; later questions are answered from there. */
export function recordRun(run: Run, path: string, history: string): void {
  const { writeHistory } = lazy.history
  try {
    const drift = writeHistory(path, history).flatMap((each) => each.drift)
    if (drift.length > 0) run.stream.appendNow({ type: 'drift', drift })
  } catch (error) {
    const why = (error as Error).message
    const next = `write it once that is mended: ${formatLockstep(`history --write ${run.id}`, PLACES)}`
    run.refuse(
      new LockstepError(
        'journal-failed',
        `the history of what changed could not be written: ${why}; ${next}`,
      ),
    )
  }
}
