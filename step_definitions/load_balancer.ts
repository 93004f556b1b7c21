import { Given, Then, When } from '@cucumber/cucumber'
import { expect } from '../support/cucumber/expectations'
import type { LockstepWorld } from '../support/cucumber/world'

Given('the load balancer has ip address {ip}', function (this: LockstepWorld, address: string) {
  this.rollout.traffic.throughBalancerAt(address)
})

When('I block the load balancer', async function (this: LockstepWorld) {
  expect(await this.rollout.traffic.block()).to.hold()
})

When('I unblock the load balancer', async function (this: LockstepWorld) {
  expect(await this.rollout.traffic.unblock()).to.hold()
})

Then('traffic from the load balancer should be blocked', async function (this: LockstepWorld) {
  expect(await this.rollout.traffic.shouldBe('blocked')).to.hold()
})

Then('traffic from the load balancer should be unblocked', async function (this: LockstepWorld) {
  expect(await this.rollout.traffic.shouldBe('unblocked')).to.hold()
})
