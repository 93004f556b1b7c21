import { Assertion, expect, use } from 'chai'
import { describe, passes, type Verdict } from '../rollout/verdict'
import { LockstepError } from '../system/errors'

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Chai {
    interface Assertion {
      /** The verdict held on every host, or on as many as the failure budget asks for. Fails with the cohorts by name. */
      hold(): void
    }
  }
}

use(() => {
  Assertion.addMethod('hold', function () {
    const verdict = this._obj as Verdict
    if (passes(verdict)) return
    throw new LockstepError('diverged', describe(verdict))
  })
})

/** What a step that takes a wave comes to: its verdict has to hold, and where nobody is left the scenario is skipped. */
export function expectToMove(verdict: Verdict | undefined): 'skipped' | undefined {
  if (verdict === undefined) return 'skipped'
  expect(verdict).to.hold()
  return undefined
}

export { expect }
