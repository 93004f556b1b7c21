import { expect } from '../support/rollout/expectations'
import { Then, When } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

When('I begin a downtime of at most {duration}', async function (this: LockstepWorld, most: number) {
  expect(await this.rollout.downtime.begin(most)).to.pass()
})

When('I end the downtime', async function (this: LockstepWorld) {
  expect(await this.rollout.downtime.end()).to.pass()
})

When('I end the downtime within {duration}', async function (this: LockstepWorld, within: number) {
  expect(await this.rollout.downtime.end({ within })).to.pass()
})

Then('the hosts should be in downtime', async function (this: LockstepWorld) {
  expect(await this.rollout.downtime.shouldBe('begun')).to.pass()
})

Then('the hosts should not be in downtime', async function (this: LockstepWorld) {
  expect(await this.rollout.downtime.shouldBe('ended')).to.pass()
})
