import { Assertion, expect, use } from 'chai'
import { describe, holds, type Verdict } from '../rollout/verdict'
import { LockstepError } from '../system/errors'

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Chai {
    interface Assertion {
      /** The verdict held on every host. Fails with the cohorts by name. */
      hold(): void
    }
  }
}

use(() => {
  Assertion.addMethod('hold', function () {
    const verdict = this._obj as Verdict
    if (holds(verdict)) return
    throw new LockstepError('diverged', describe(verdict))
  })
})

export { expect }
