import { Given, Then } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

interface Days {
  written: string
  days: ReadonlySet<number>
}

const AN_HOUR = 3_600_000

Given('I wait for approval', async function (this: LockstepWorld) {
  await this.rollout.gates.waitForApproval(AN_HOUR)
})

Given('I wait up to {duration} for approval', async function (this: LockstepWorld, within: number) {
  await this.rollout.gates.waitForApproval(within)
})

Given('I wait up to {duration} for other rollouts', function (this: LockstepWorld, patience: number) {
  this.rollout.ports.locks.patience = patience
})

Given(
  'only between {time} and {time} on {days}',
  function (this: LockstepWorld, from: number, to: number, { written, days }: Days) {
    this.rollout.gates.onlyBetween({ from, to, days, zone: undefined }, written)
  },
)

Given(
  'only between {time} and {time} on {days} in {zone}',
  function (this: LockstepWorld, from: number, to: number, { written, days }: Days, zone: string) {
    this.rollout.gates.onlyBetween({ from, to, days, zone }, written)
  },
)

Given('no host may go back to an older version', function (this: LockstepWorld) {
  this.rollout.gates.downgradesAllowed = false
})

Then('the rollout should take no longer than {duration}', function (this: LockstepWorld, longest: number) {
  this.rollout.gates.noLongerThan(longest)
})
