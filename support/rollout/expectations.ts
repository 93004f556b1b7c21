import { Assertion, expect, use, util as utils } from 'chai'
import { describe, mayGoOn, type Verdict } from './model/verdict'
import { LockstepError } from '../system/errors'

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Chai {
    interface Assertion {
      /**
       * Expects that the verdict passed on every host, or on as many as the failure budget asks for. A failure names
       * the cohorts.
       */
      pass(): void
    }
  }
}

use(() => Assertion.addMethod('pass', expectToPass))

function expectToPass(this: Chai.AssertionStatic): void {
  const verdict: unknown = this._obj
  if (!isVerdict(verdict))
    throw new LockstepError(
      'diverged',
      `what is expected to pass is ${verdict instanceof Promise ? 'a promise' : 'no verdict'}; write expect(await this.rollout.…).to.pass()`,
    )
  if (mayGoOn(verdict) !== (utils.flag(this, 'negate') === true)) return
  throw new LockstepError('diverged', describe(verdict))
}

function isVerdict(said: unknown): said is Verdict {
  return (
    typeof said === 'object' && said !== null && 'observations' in said && Array.isArray(said.observations)
  )
}

/** Expects the verdict of a step that takes a wave to pass. Where no host is left, the scenario is skipped. */
export function expectToMove(verdict: Verdict | undefined): 'skipped' | undefined {
  if (verdict === undefined) return 'skipped'
  expect(verdict).to.pass()
  return undefined
}

export { expect }
