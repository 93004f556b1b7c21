import { Then, When } from '@cucumber/cucumber'
import { expect } from 'chai'
import type { Manual } from './manual'
import { runAndLeave, runAndSignal, runCucumber, runLockstep, runOnFullDisk } from './processes'
import { rememberProposals } from './proposals'

When('I run cucumber-js {string}', async function (this: Manual, args: string) {
  this.run = await runCucumber(this, args)
  rememberProposals(this, args)
})

When(
  'I run cucumber-js {string} in the environment {string}',
  async function (this: Manual, args: string, environment: string) {
    this.run = await runCucumber(this, args, { LOCKSTEP_ENVIRONMENT: environment })
  },
)

When(
  'I run cucumber-js {string} and leave after the first line',
  async function (this: Manual, args: string) {
    this.run = await runAndLeave(this, args)
  },
)

When(
  /^I run cucumber-js "(.*)" with its standard (output|error) on a full disk$/,
  async function (this: Manual, args: string, which: 'output' | 'error') {
    this.run = await runOnFullDisk(this, args, which)
  },
)

When(
  'I run cucumber-js {string}, and send it {string} once it says {string}',
  async function (this: Manual, args: string, signal: NodeJS.Signals, text: string) {
    this.run = await runAndSignal(this, args, signal, text)
  },
)

When('I run lockstep {string}', async function (this: Manual, args: string) {
  this.run = await runLockstep(this, args)
})

Then('it should exit with {int}', function (this: Manual, status: number) {
  expect(this.last.exitCode, this.output).to.equal(status)
})

Then('it should have been ended by the system', function (this: Manual) {
  expect(this.last.exitCode, this.output).to.equal(undefined)
})

Then('the other run should exit with {int}', function (this: Manual, status: number) {
  expect(this.other?.exitCode, this.other?.stdout).to.equal(status)
})
