import { Given, Then, When } from '@cucumber/cucumber'
import { expect } from 'chai'
import { readText } from './files'
import { firstRun, lastRun } from './journals'
import type { Manual } from './manual'
import { runCucumber } from './processes'
import { proposalsIn, runProposal } from './proposals'
import { leaveOutOfRecovery, recoveryPath } from './recovery'
import { squeezed } from './text'

When('I run cucumber-js {string} to resume the run before', async function (this: Manual, args: string) {
  this.run = await runCucumber(this, args, { LOCKSTEP_RESUME: lastRun(this) })
})

When(
  'I run cucumber-js {string} to resume the run before, by a world parameter',
  async function (this: Manual, args: string) {
    const parameters = JSON.stringify({ resume: lastRun(this) })
    this.run = await runCucumber(this, `${args} --world-parameters ${parameters}`)
  },
)

When('I run cucumber-js {string} to resume the first run', async function (this: Manual, args: string) {
  this.run = await runCucumber(this, args, { LOCKSTEP_RESUME: firstRun(this) })
})

When('I run the recovery feature of the run before', async function (this: Manual) {
  this.run = await runCucumber(this, `-p live ${recoveryPath(this)}`)
})

When(
  'I run what {string} has proposed to {string}',
  async function (this: Manual, feature: string, way: string) {
    this.run = await runProposal(this, feature, way)
  },
)

Given('somebody takes {string} out of the recovery feature', function (this: Manual, hosts: string) {
  leaveOutOfRecovery(this, hosts.split(', '))
})

Then('it should propose nothing to {string}', function (this: Manual, way: string) {
  expect([...proposalsIn(this.last).keys()], this.output).not.to.include(way)
})

Then('the recovery feature should contain {string}', function (this: Manual, text: string) {
  expect(squeezed(readText(this, recoveryPath(this)))).to.contain(squeezed(text))
})
