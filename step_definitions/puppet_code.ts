import { expect } from '../support/rollout/expectations'
import { Then, When } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

When('I apply the puppet code', async function (this: LockstepWorld) {
  expect(await this.rollout.puppetRuns.apply()).to.pass()
})

When('I apply the puppet code of {application}', async function (this: LockstepWorld, application: string) {
  expect(await this.rollout.puppetRuns.apply({ application })).to.pass()
})

When('I apply the puppet code in noop', async function (this: LockstepWorld) {
  expect(await this.rollout.puppetRuns.apply({ noop: true })).to.pass()
})

When(
  'I apply the puppet code of {application} in noop',
  async function (this: LockstepWorld, application: string) {
    expect(await this.rollout.puppetRuns.apply({ noop: true, application })).to.pass()
  },
)

Then('the modules deployed should be those of the Puppetfile', async function (this: LockstepWorld) {
  expect(await this.rollout.puppetModules.shouldBeThoseOfPuppetfile()).to.pass()
})

Then(
  'the modules deployed for {application} should be those of the Puppetfile',
  async function (this: LockstepWorld, application: string) {
    expect(await this.rollout.puppetModules.shouldBeThoseOfPuppetfile(application)).to.pass()
  },
)
