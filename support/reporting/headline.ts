import { hasPassed, hosts as counted } from '../rollout/model/verdict'
import { EXIT } from '../system/errors'
import { MODES } from '../run/modes'
import type { Line } from '../run/run_parts'
import type { RunState } from '../run/run_state'
import { wouldChange } from './advice'
import { hostsOfRun, describeUnchanged } from './run_outcome'

/** The end of a refusal's sentence. The caveats of a run that has not begun say it too. */
const NOTHING_SENT = /; nothing was sent$/

/** Returns the outcome of a run, as a sentence to stand behind its title and above its caveats. */
export function headlineOf(run: RunState): string {
  if (run.refused !== undefined)
    return run.hasBegun ? run.refused.message : run.refused.message.replace(NOTHING_SENT, '')
  if (run.planned !== undefined && run.exitCode === EXIT.passed) return wouldChange(run.planned)
  const all = counted(hostsOfRun(run))
  if (run.exitCode === EXIT.passed) return `every line passed on ${all}${describeUnchanged(run)}`
  if (run.exitCode === EXIT.passedWithFailures)
    return `${run.out.size} of ${all} failed within the budget, and ${run.out.size === 1 ? 'is' : 'are'} out${describeUnchanged(run)}`
  // A plan goes on behind the first line that would fail.
  const { uri, line, text: step } = failedLine(run) ?? run.current
  return line > 0
    ? `${MODES[run.mode].purpose === 'plan' ? 'would stop' : 'stopped'} at "${step}" (${uri}:${line})`
    : 'the rollout failed outside of its steps'
}

function failedLine({ verdicts }: RunState): Line | undefined {
  return verdicts.find(({ verdict }) => verdict.tolerated !== true && !hasPassed(verdict))
}
