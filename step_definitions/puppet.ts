import type { DataTable } from '@cucumber/cucumber'
import { expect } from '../support/rollout/expectations'
import { changesIn, resourcesIn } from '../support/rollout/model/puppet_table'
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

When('I run puppet', async function (this: LockstepWorld) {
  expect(await this.rollout.puppetRuns.run()).to.pass()
})

When('I run puppet within {duration}', async function (this: LockstepWorld, within: number) {
  expect(await this.rollout.puppetRuns.run({ within })).to.pass()
})

When('I run puppet in noop', async function (this: LockstepWorld) {
  expect(await this.rollout.puppetRuns.run({ noop: true })).to.pass()
})

When('I run puppet in noop within {duration}', async function (this: LockstepWorld, within: number) {
  expect(await this.rollout.puppetRuns.run({ noop: true, within })).to.pass()
})

Then('puppet should have failed on no resource', async function (this: LockstepWorld) {
  expect(await this.rollout.puppetRuns.shouldHaveFailedOnNothing()).to.pass()
})

Then('puppet would change nothing', async function (this: LockstepWorld) {
  expect(await this.rollout.puppetRuns.wouldChangeOnly([])).to.pass()
})

Then('puppet would change nothing but:', async function (this: LockstepWorld, table: DataTable) {
  expect(await this.rollout.puppetRuns.wouldChangeOnly(changesIn(table.raw()))).to.pass()
})

Then('puppet should change nothing when run again', async function (this: LockstepWorld) {
  expect(await this.rollout.puppetRuns.shouldChangeNothing()).to.pass()
})

Then('puppet should have applied release {string}', async function (this: LockstepWorld, release: string) {
  expect(await this.rollout.puppetRuns.shouldHaveApplied(release)).to.pass()
})

Then(
  'nothing that release {release} managed and this one does not should remain',
  async function (this: LockstepWorld, release: string) {
    expect(await this.rollout.puppetRemains.shouldBeNone(release)).to.pass()
  },
)

Then(
  'nothing that release {release} managed and this one does not should remain but:',
  async function (this: LockstepWorld, release: string, table: DataTable) {
    expect(await this.rollout.puppetRemains.shouldBeNone(release, resourcesIn(table.raw()))).to.pass()
  },
)
