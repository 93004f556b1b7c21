import { Then, When } from '@cucumber/cucumber'
import { expect } from '../support/cucumber/expectations'
import type { LockstepWorld } from '../support/cucumber/world'

When('I disable puppet', async function (this: LockstepWorld) {
  expect(await this.rollout.puppet.disable('disabled by a rollout')).to.hold()
})

When('I disable puppet with the message {string}', async function (this: LockstepWorld, message: string) {
  expect(await this.rollout.puppet.disable(message)).to.hold()
})

When('I enable puppet', async function (this: LockstepWorld) {
  expect(await this.rollout.puppet.enable()).to.hold()
})

Then('puppet should be disabled', async function (this: LockstepWorld) {
  expect(await this.rollout.puppet.shouldBe('disabled')).to.hold()
})

Then('puppet should be enabled', async function (this: LockstepWorld) {
  expect(await this.rollout.puppet.shouldBe('enabled')).to.hold()
})
