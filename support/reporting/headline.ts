import { hosts as counted } from '../rollout/model/verdict'
import { EXIT } from '../system/errors'
import type { RunState } from '../run/run_state'
import { wouldChange } from './advice'

/** Returns the outcome of a run, as a sentence to stand behind its title. */
export function headlineOf(run: RunState): string {
  if (run.refused !== undefined) return run.refused.message
  const most = run.verdicts.reduce((n, { verdict }) => Math.max(n, verdict.observations.length), 0)
  if (run.planned !== undefined && run.exitCode === EXIT.passed) return wouldChange(run.planned)
  if (run.exitCode === EXIT.passed) return `every line passed on ${counted(most)}`
  if (run.exitCode === EXIT.passedWithFailures)
    return `${counted(run.out.size)} of ${counted(most)} failed within the budget, and are out`
  const { uri, line, text: step } = run.current
  return line > 0 ? `stopped at "${step}" (${uri}:${line})` : 'the rollout failed outside of its steps'
}
