import { expectToMove } from '../support/rollout/expectations'
import { Given } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'
import type { Allowance } from '../support/rollout/model/failure_budget'
import type { WaveSize } from '../support/rollout/model/wave_plan'

Given('I take the next {wave}', async function (this: LockstepWorld, size: WaveSize) {
  return expectToMove(await this.rollout.waves.take(size))
})

Given('I take {wave}', async function (this: LockstepWorld, size: WaveSize) {
  return expectToMove(await this.rollout.waves.take(size))
})

Given('the hosts are taken as listed', function (this: LockstepWorld) {
  this.rollout.waves.inOrder('as listed')
})

Given('the hosts are taken sorted by name', function (this: LockstepWorld) {
  this.rollout.waves.inOrder('sorted by name')
})

Given('the hosts are taken in random order', function (this: LockstepWorld) {
  this.rollout.waves.inOrder({ seed: undefined })
})

Given('the hosts are taken in random order with seed {int}', function (this: LockstepWorld, seed: number) {
  this.rollout.waves.inOrder({ seed })
})

Given('I wait {duration} between waves', function (this: LockstepWorld, ms: number) {
  this.rollout.waves.soak(ms)
})

Given('up to {allowance} may fail', function (this: LockstepWorld, allowance: Allowance) {
  this.rollout.budget.allow(allowance, 'rollout')
})

Given('up to {allowance} may fail in each wave', function (this: LockstepWorld, allowance: Allowance) {
  this.rollout.budget.allow(allowance, 'wave')
})
