import { expect } from '../support/rollout/expectations'
import { Given, Then, When } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'
import type { PoolMinimum } from '../support/rollout/verbs/pool'

const A_MINUTE = 60_000

Given('the load balancer has ip address {ip}', function (this: LockstepWorld, address: string) {
  this.rollout.traffic.throughBalancerAt(address)
})

Given('the load balancer is the haproxy backend {backend}', function (this: LockstepWorld, name: string) {
  this.rollout.traffic.throughBackend(name)
})

Given(
  'the load balancer is the {balancer} backend {backend}',
  function (this: LockstepWorld, kind: string, name: string) {
    this.rollout.traffic.throughBackend(name, kind)
  },
)

Given('at least {pool} of the pool must stay in service', function (this: LockstepWorld, part: PoolMinimum) {
  this.rollout.traffic.pool.keepAtLeast(part)
})

Given('the whole pool may be out of service', function (this: LockstepWorld) {
  this.rollout.traffic.pool.mayGoEntirely()
})

When('I block the load balancer', async function (this: LockstepWorld) {
  expect(await this.rollout.traffic.block()).to.pass()
})

When('I drain the load balancer', async function (this: LockstepWorld) {
  expect(await this.rollout.traffic.drain({ within: A_MINUTE, cut: false })).to.pass()
})

When('I drain the load balancer within {duration}', async function (this: LockstepWorld, within: number) {
  expect(await this.rollout.traffic.drain({ within, cut: false })).to.pass()
})

When(
  'I drain the load balancer within {duration} and then cut what is left',
  async function (this: LockstepWorld, within: number) {
    expect(await this.rollout.traffic.drain({ within, cut: true })).to.pass()
  },
)

When('I unblock the load balancer', async function (this: LockstepWorld) {
  expect(await this.rollout.traffic.unblock()).to.pass()
})

Then('traffic from the load balancer should be blocked', async function (this: LockstepWorld) {
  expect(await this.rollout.traffic.shouldBe('blocked')).to.pass()
})

Then('traffic from the load balancer should be unblocked', async function (this: LockstepWorld) {
  expect(await this.rollout.traffic.shouldBe('unblocked')).to.pass()
})

Then(
  'traffic from the load balancer should be unblocked within {duration}',
  async function (this: LockstepWorld, within: number) {
    expect(await this.rollout.traffic.shouldBe('unblocked', { within })).to.pass()
  },
)

Then(
  'the pool {backend} should have {count} host(s) in service',
  async function (this: LockstepWorld, name: string, wanted: number) {
    expect(await this.rollout.traffic.poolShouldHave(name, wanted)).to.pass()
  },
)

Then(
  'fewer than {percent}% of requests should fail for {duration}',
  async function (this: LockstepWorld, percent: number, during: number) {
    expect(await this.rollout.traffic.fewerRequestsShouldFail(percent, during)).to.pass()
  },
)
