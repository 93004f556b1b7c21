import { readStarts } from './start_journal'
import { StartState } from './start_state'

/**
 * Returns the people of the console who have begun and approved a rollout, in words; undefined for one that no start has
 * begun. The journals of starts tell them, and no variable does: a person in a terminal could set one.
 * @throws LockstepError `journal-failed` when the journals cannot be listed
 */
export function peopleOfRollout(run: string, state: string): string | undefined {
  const start = StartState.of(readStarts(state).events).starts.find(({ rollout }) => rollout?.run === run)
  if (start?.rollout === undefined) return undefined
  const { approved, rollout } = start
  return `${rollout.by} (console)${approved === undefined ? '' : `, approved by ${approved.by} (console)`}`
}
