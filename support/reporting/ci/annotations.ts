import { count, formatFailed, hasPassed, type Verdict } from '../../rollout/model/verdict'
import { EXIT } from '../../system/errors'
import { oddHostsOf } from '../odd_hosts'
import type { RunState } from '../../run/run_state'
import type { Annotation } from './workflow_commands'

const MAX_NAMES = 20

/**
 * Returns what is wrong with a run, line by line. A run that passed has no annotation, and one that did not always has
 * one.
 */
export function annotationsOfRun(run: RunState): Annotation[] {
  const found = [...ofRemarks(run), ...ofVerdicts(run), ...ofFaults(run), ...ofUndone(run)]
  const isError = ({ severity }: Annotation) => severity === 'error'
  const well = run.exitCode === EXIT.passed || run.exitCode === EXIT.passedWithFailures
  if (well || run.remarks.some(isError)) return found
  return run.refused !== undefined || !found.some(isError) ? [whole(run), ...found] : found
}

function ofRemarks(run: RunState): Annotation[] {
  return [...run.remarks]
}

function ofVerdicts(run: RunState): Annotation[] {
  return run.verdicts
    .filter(({ verdict }) => !hasPassed(verdict))
    .map(({ uri, line, text, verdict }) => ({
      uri,
      line,
      severity: verdict.tolerated === true ? 'warning' : 'error',
      title: text,
      message: describeVerdict(verdict),
    }))
}

function ofFaults(run: RunState): Annotation[] {
  return run.faults.map(({ uri, line, text, message }) => ({
    uri,
    line,
    severity: 'error',
    title: text,
    message,
  }))
}

function ofUndone(run: RunState): Annotation[] {
  const { uri, line } = run.current
  return run.undoneSteps
    .filter(({ verdict }) => !hasPassed(verdict))
    .map(({ what, verdict }) => ({
      uri,
      line,
      severity: 'error',
      title: `on failure: ${what}`,
      message: describeVerdict(verdict),
    }))
}

function whole(run: RunState): Annotation {
  const { uri, line } = run.current
  const message = run.refused?.message ?? 'the rollout failed outside of its steps'
  return { uri, line, severity: 'error', title: 'Rollout', message }
}

function describeVerdict(verdict: Verdict): string {
  const head = formatFailed(count(verdict))
  return [head, ...oddHostsOf(verdict, MAX_NAMES)].join('\n')
}
