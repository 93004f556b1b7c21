import { Given, Then, type DataTable } from '@cucumber/cucumber'
import { expect } from 'chai'
import {
  actionsCarriedOut,
  deployByHand,
  installByHand,
  letInByHand,
  isChange,
  mendHosts,
  removeHost,
  startExampleFleet,
  startFleetWith,
  startHaproxy,
  startIrregularFleet,
  stopFleet,
  writeOtherClientConfig,
} from './fleet'
import type { Manual } from './manual'

Given('the host(s) {string}', function (this: Manual, faults: string) {
  this.env['LOCKSTEP_FAULTS'] = faults
})

Given('the hosts with these faults:', function (this: Manual, table: DataTable) {
  this.env['LOCKSTEP_FAULTS'] = table
    .raw()
    .map(([host, fault]) => `${host}=${fault}`)
    .join(', ')
})

Given(
  'the check {string} is critical on {string} for the first time',
  function (this: Manual, check: string, name: string) {
    this.critical.set(name, check)
  },
)

Given('a fleet that runs elsewhere, and an mco configuration for it', async function (this: Manual) {
  await startExampleFleet(this)
})

Given(
  'a fleet that runs elsewhere, whose hosts have the agent of {string} too',
  async function (this: Manual, file: string) {
    await startFleetWith(this, file)
  },
)

Given(
  'a fleet of 1,000 hosts with irregular names that runs elsewhere, of which these have faults:',
  async function (this: Manual, table: DataTable) {
    await startIrregularFleet(
      this,
      table.raw().map(([count, fault = '']) => [Number(count), fault] as const),
    )
  },
)

Given(
  'another mco configuration {string} for it, with the brokers {string}',
  function (this: Manual, name: string, brokers: string) {
    writeOtherClientConfig(this, name, brokers.split(', '))
  },
)

Given('a HAProxy in front of it', async function (this: Manual) {
  await startHaproxy(this)
})

Given('the fleet cannot be reached any more', async function (this: Manual) {
  await stopFleet(this)
})

Given('the host {string} is gone', function (this: Manual, name: string) {
  removeHost(this, name)
})

Given('the hosts are mended', function (this: Manual) {
  mendHosts(this)
})

Given(
  'somebody puts the version {string} on {string}',
  async function (this: Manual, version: string, name: string) {
    await installByHand(this, name, version)
  },
)

Given(
  'somebody deploys the tag {string} of {string} on {string}',
  async function (this: Manual, tag: string, repository: string, name: string) {
    await deployByHand(this, name, { repository, tag })
  },
)

Given(
  'somebody lets the user {string} in to the site {string} on {string}',
  async function (this: Manual, user: string, site: string, name: string) {
    await letInByHand(this, name, { site, user })
  },
)

Then(
  '{string} should have been carried out, but not {string}',
  function (this: Manual, action: string, other: string) {
    expect(actionsCarriedOut(this)).to.include(action).and.not.include(other)
  },
)

Then('only {string} should have been carried out', function (this: Manual, action: string) {
  expect(actionsCarriedOut(this).filter(isChange)).to.deep.equal([action])
})

Then('no host should have been told to change anything', function (this: Manual) {
  expect(actionsCarriedOut(this).filter((name) => name.endsWith(' status'))).not.to.deep.equal([])
  expect(actionsCarriedOut(this).filter(isChange)).to.deep.equal([])
})
