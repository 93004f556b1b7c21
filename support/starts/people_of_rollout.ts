import { readStarts } from './start_journal'
import { StartState } from './start_state'

/**
 * Returns the people of the console who have begun and approved a rollout, in words; undefined for one that no start has
 * under way. The journals of starts tell them, and no variable does: a person in a terminal could set one.
 * @throws LockstepError `journal-failed` when the journals cannot be listed
 */
export function peopleOfRollout(run: string, state: string): string | undefined {
  const start = StartState.of(readStarts(state).events).starts.find(({ rollout }) => rollout?.run === run)
  // The id of a rollout that is over stands in its journal, where a person in a terminal could take it from.
  if (start?.rollout === undefined || start.rollout.ended !== undefined) return undefined
  const { by, approvedBy } = start.rollout
  return `${by} (console)${approvedBy === null ? '' : `, approved by ${approvedBy} (console)`}`
}
