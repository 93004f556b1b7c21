import type { Patience } from '../engine/look'
import type { StepContext } from '../engine/step_context'
import type { Answer } from '../model/answers'
import { formatValue, type Reading } from '../model/reading'
import { clean, type Verdict } from '../model/verdict'

/** Characters of a check's output that are shown. */
export const MAX_CHECK_OUTPUT = 120

const NAMES = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN']

/** The monitoring plugins of the hosts. The exit code rules; what the plugin prints is only shown. */
export class Checks {
  constructor(private readonly step: Pick<StepContext, 'executor'>) {}

  shouldBeOk(check: string, patience?: Patience): Promise<Verdict> {
    return this.shouldExitWith(check, [0], patience)
  }

  shouldBeOkOrWarning(check: string, patience?: Patience): Promise<Verdict> {
    return this.shouldExitWith(check, [0, 1], patience)
  }

  private shouldExitWith(check: string, wanted: readonly number[], patience?: Patience): Promise<Verdict> {
    return this.step.executor.look({
      request: { agent: 'nrpe', action: 'runcommand', inputs: { command: check } },
      read: (answer) => readAnswer(answer, wanted),
      patience,
    })
  }
}

/**
 * Reads a plugin's answer. To MCollective, a plugin that is not OK is a failed action; its exit code is in the data
 * nonetheless.
 */
function readAnswer(answer: Answer, wanted: readonly number[]): Reading {
  const data = answer.kind === 'answered' || answer.kind === 'failed' ? answer.data : {}
  const code = data['exitcode']
  if (typeof code !== 'number') {
    return {
      passed: false,
      seen: answer.kind === 'failed' ? answer.message : 'answered without an exit code',
    }
  }
  const name = NAMES[code] ?? `exit code ${code}`
  // Agents call a check that is not OK a failed action: one that failed and has nothing to complain of was not run.
  if (code === 0 && answer.kind === 'failed')
    return { passed: false, seen: `${name}, though it failed: ${answer.message}` }
  const passed = wanted.includes(code)
  return { passed, seen: passed ? name : `${name}: ${clean(formatValue(data['output']), MAX_CHECK_OUTPUT)}` }
}
