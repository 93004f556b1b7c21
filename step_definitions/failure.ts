import { Given } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

Given('on failure healthy hosts go back into rotation', function (this: LockstepWorld) {
  this.rollout.afterFailure.healthyGoBack = true
})

Given('on failure every touched host goes back to the version it had', function (this: LockstepWorld) {
  this.rollout.afterFailure.versionsGoBack = true
})
