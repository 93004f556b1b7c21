import { expect } from '../support/rollout/expectations'
import { Then, When } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

When('I disable puppet', async function (this: LockstepWorld) {
  expect(await this.rollout.puppet.disable('disabled by a rollout')).to.pass()
})

When('I disable puppet with the message {string}', async function (this: LockstepWorld, message: string) {
  expect(await this.rollout.puppet.disable(message)).to.pass()
})

When('I enable puppet', async function (this: LockstepWorld) {
  expect(await this.rollout.puppet.enable()).to.pass()
})

Then('puppet should be disabled', async function (this: LockstepWorld) {
  expect(await this.rollout.puppet.shouldBe('disabled')).to.pass()
})

Then('puppet should be enabled', async function (this: LockstepWorld) {
  expect(await this.rollout.puppet.shouldBe('enabled')).to.pass()
})

Then(
  'every puppet master should serve release {release}',
  async function (this: LockstepWorld, release: string) {
    expect(await this.rollout.puppetMasters.shouldServe(release)).to.pass()
  },
)
