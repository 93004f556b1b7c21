import type { StepContext } from '../engine/step_context'
import type { Answer } from '../model/answers'
import type { Reading } from '../model/reading'
import type { Verdict } from '../model/verdict'
import { isOfRelease } from '../model/code_version'

/** The puppet masters: each host is asked which code its own puppetserver compiles. */
export class PuppetMasters {
  constructor(private readonly step: Pick<StepContext, 'executor'>) {}

  /** Looks whether hosts serve a release, in the environment of their own configuration. */
  shouldServe(release: string): Promise<Verdict> {
    return this.step.executor.look({
      request: { agent: 'puppetserver', action: 'serving', inputs: {} },
      read: (answer) => readServing(answer, release),
      // A deploy before this line changes the answer, and what it will be depends on the code.
      subject: 'anything',
    })
  }
}

/** Reads what a master's puppetserver compiles. */
export function readServing(answer: Answer, release: string): Reading {
  if (answer.kind !== 'answered')
    return { passed: false, seen: answer.kind === 'failed' ? answer.message : answer.kind }
  const { version, environment, fresh, environment_timeout: timeout } = answer.data
  if (typeof version !== 'string' || typeof environment !== 'string' || typeof fresh !== 'boolean')
    return { passed: false, seen: 'does not say what it serves' }
  const seen = `serves ${version} in ${environment}`
  if (!isOfRelease(version, release)) return { passed: false, seen }
  return fresh
    ? { passed: true, seen }
    : {
        passed: false,
        seen: `${seen}, and may serve older code as well: its environment_timeout is ${String(timeout)}, so that each JRuby instance keeps code of its own; set it to 0, and restart the puppetserver`,
      }
}
