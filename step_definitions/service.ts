import { expect } from '../support/rollout/expectations'
import { Then, When } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

When('I start the service {service}', async function (this: LockstepWorld, name: string) {
  expect(await this.rollout.services.start(name)).to.pass()
})

When('I stop the service {service}', async function (this: LockstepWorld, name: string) {
  expect(await this.rollout.services.stop(name)).to.pass()
})

When('I restart the service {service}', async function (this: LockstepWorld, name: string) {
  expect(await this.rollout.services.restart(name)).to.pass()
})

Then('the service {service} should be running', async function (this: LockstepWorld, name: string) {
  expect(await this.rollout.services.shouldBe(name, 'running')).to.pass()
})

Then('the service {service} should be stopped', async function (this: LockstepWorld, name: string) {
  expect(await this.rollout.services.shouldBe(name, 'stopped')).to.pass()
})

Then(
  'the service {service} should be running within {duration}',
  async function (this: LockstepWorld, name: string, within: number) {
    expect(await this.rollout.services.shouldBe(name, 'running', { within })).to.pass()
  },
)

Then(
  'the service {service} should be stopped within {duration}',
  async function (this: LockstepWorld, name: string, within: number) {
    expect(await this.rollout.services.shouldBe(name, 'stopped', { within })).to.pass()
  },
)
