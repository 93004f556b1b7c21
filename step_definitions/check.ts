import { expect } from '../support/rollout/expectations'
import { Then } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

Then('the check {check} should be ok', async function (this: LockstepWorld, check: string) {
  expect(await this.rollout.checks.shouldBeOk(check)).to.pass()
})

Then('the check {check} should be ok or warning', async function (this: LockstepWorld, check: string) {
  expect(await this.rollout.checks.shouldBeOkOrWarning(check)).to.pass()
})

Then(
  'the check {check} should be ok within {duration}',
  async function (this: LockstepWorld, check: string, within: number) {
    expect(await this.rollout.checks.shouldBeOk(check, { within })).to.pass()
  },
)

Then(
  'the check {check} should be ok or warning within {duration}',
  async function (this: LockstepWorld, check: string, within: number) {
    expect(await this.rollout.checks.shouldBeOkOrWarning(check, { within })).to.pass()
  },
)

Then(
  'the check {check} should be ok for {count} checks in a row',
  async function (this: LockstepWorld, check: string, times: number) {
    expect(await this.rollout.checks.shouldBeOk(check, { times })).to.pass()
  },
)
