import { count, formatFailed, hasPassed, type Verdict } from '../../rollout/model/verdict'
import { EXIT } from '../../system/errors'
import { oddHostsOf } from '../odd_hosts'
import type { Run } from '../../run/run'
import type { Annotation } from './workflow_commands'

const MAX_NAMES = 20

/**
 * Returns what is wrong with a run, line by line. A run that passed has no annotation, and one that did not always has
 * one.
 */
export function annotationsOfRun(run: Run): Annotation[] {
  const found = [...ofRemarks(run), ...ofVerdicts(run), ...ofFaults(run), ...ofUndone(run)]
  const isError = ({ severity }: Annotation) => severity === 'error'
  const well = run.exitCode === EXIT.passed || run.exitCode === EXIT.passedWithFailures
  if (well || run.remarks.some(isError)) return found
  return run.refused !== undefined || !found.some(isError) ? [whole(run), ...found] : found
}

function ofRemarks(run: Run): Annotation[] {
  return run.remarks.map((remark) => ({ ...remark, message: run.redact(remark.message) }))
}

function ofVerdicts(run: Run): Annotation[] {
  return run.verdicts
    .filter(({ verdict }) => !hasPassed(verdict))
    .map(({ uri, line, text, verdict }) => ({
      uri,
      line,
      severity: verdict.tolerated === true ? 'warning' : 'error',
      title: run.redact(text),
      message: said(run, verdict),
    }))
}

function ofFaults(run: Run): Annotation[] {
  return run.faults.map(({ uri, line, text, message }) => ({
    uri,
    line,
    severity: 'error',
    title: run.redact(text),
    message: run.redact(message),
  }))
}

function ofUndone(run: Run): Annotation[] {
  const { uri, line } = run.current
  return run.undoneSteps
    .filter(({ verdict }) => !hasPassed(verdict))
    .map(({ what, verdict }) => ({
      uri,
      line,
      severity: 'error',
      title: run.redact(`on failure: ${what}`),
      message: said(run, verdict),
    }))
}

function whole(run: Run): Annotation {
  const { uri, line } = run.current
  const message = run.refused?.message ?? 'the rollout failed outside of its steps'
  return { uri, line, severity: 'error', title: 'Rollout', message: run.redact(message) }
}

function said(run: Run, verdict: Verdict): string {
  const head = formatFailed(count(verdict))
  return [head, ...oddHostsOf(run, verdict, MAX_NAMES)].join('\n')
}
