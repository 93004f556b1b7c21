import type { DataTable } from '@cucumber/cucumber'
import { hostsInTable, readHostList } from '../support/inventory/host_list_file'
import { expect } from '../support/rollout/expectations'
import { Given, Then } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

Given('I want to update hosts with class {class}', function (this: LockstepWorld, name: string) {
  this.rollout.hosts.withClass(name)
})

Given(
  'I want to update hosts with fact {fact}',
  function (this: LockstepWorld, filter: { fact: string; operator: string; value: string }) {
    this.rollout.hosts.withFact(filter)
  },
)

Given('I want to update hosts with identity {identity}', function (this: LockstepWorld, identity: string) {
  this.rollout.hosts.withIdentity(identity)
})

Given('the hosts of environment {environment}', function (this: LockstepWorld, environment: string) {
  this.rollout.hosts.ofEnvironment(environment)
})

Given('I want to update the hosts listed in {file}', function (this: LockstepWorld, path: string) {
  this.rollout.hosts.listed(readHostList(path))
})

Given('I want to update the hosts:', function (this: LockstepWorld, table: DataTable) {
  this.rollout.hosts.listed(hostsInTable(table))
})

Given('hosts that are not in the inventory are left alone', function (this: LockstepWorld) {
  this.rollout.hosts.leaveStrangersAlone()
})

Given('I want to pre-discover how many hosts to update', async function (this: LockstepWorld) {
  expect(await this.rollout.hosts.discover()).to.pass()
})

Then('there should be at least {count} host(s)', async function (this: LockstepWorld, n: number) {
  expect(await this.rollout.hosts.expectAtLeast(n)).to.pass()
})

Then('there should be exactly {count} host(s)', async function (this: LockstepWorld, n: number) {
  expect(await this.rollout.hosts.expectExactly(n)).to.pass()
})
