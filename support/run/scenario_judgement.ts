import { mayGoOn } from '../rollout/model/verdict'
import { kindOf } from '../sentences/catalogue'
import type { Omission } from './account'
import type { RunState } from './run_state'

/** The rollout of a scenario, as far as it says what became of the scenario. */
export interface JudgedRollout {
  /** The reason why the rollout goes no further; undefined where it does. */
  halted: unknown
  waves: { tookNobody: boolean }
}

/** Returns whether a scenario ends before its last line for a reason of its own: its wave found no host to take. */
export function isExcused(omission: Omission | undefined, rollout: JudgedRollout | undefined): boolean {
  return kindOf(omission?.expression) === 'takes wave' && rollout?.waves.tookNobody === true
}

/**
 * Returns the first line of a scenario that does not count as carried out. A verdict that stopped the rollout is one
 * where nothing else tells of it: code between Lockstep's steps and cucumber may swallow what steps throw.
 */
export function judgeScenario(
  omission: Omission | undefined,
  rollout: JudgedRollout | undefined,
  { verdicts, current }: Pick<RunState, 'verdicts' | 'current'>,
): Omission | undefined {
  if (isExcused(omission, rollout)) return undefined
  if (rollout?.halted === undefined) return omission
  const { uri, scenarioId, line, text } = verdicts.find(({ verdict }) => !mayGoOn(verdict)) ?? current
  return { uri, scenarioId, line, text, fate: 'failed, and that is hidden', expression: undefined }
}
