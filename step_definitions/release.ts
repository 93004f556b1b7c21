import { Given, Then } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

Given('this is release {release}', async function (this: LockstepWorld, name: string) {
  await this.rollout.release.isCalled(name)
})

Given('I activate release {release}', async function (this: LockstepWorld, name: string) {
  await this.rollout.release.activate(name)
})

Then(
  'release {release} should have passed in {environment}',
  async function (this: LockstepWorld, name: string, environment: string) {
    await this.rollout.release.shouldHavePassedIn(environment, name)
  },
)
