import { hosts as counted } from '../rollout/model/verdict'
import { EXIT } from '../system/errors'
import type { RunState } from '../run/run_state'
import { wouldChange } from './advice'
import { hostsOfRun, describeUnchanged } from './run_outcome'

/** Returns the outcome of a run, as a sentence to stand behind its title. */
export function headlineOf(run: RunState): string {
  if (run.refused !== undefined) return run.refused.message
  if (run.planned !== undefined && run.exitCode === EXIT.passed) return wouldChange(run.planned)
  const all = counted(hostsOfRun(run))
  if (run.exitCode === EXIT.passed) return `every line passed on ${all}${describeUnchanged(run)}`
  if (run.exitCode === EXIT.passedWithFailures)
    return `${counted(run.out.size)} of ${all} failed within the budget, and are out${describeUnchanged(run)}`
  const { uri, line, text: step } = run.current
  return line > 0 ? `stopped at "${step}" (${uri}:${line})` : 'the rollout failed outside of its steps'
}
