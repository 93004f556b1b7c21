import type { DataTable } from '@cucumber/cucumber'
import { expect } from '../support/rollout/expectations'
import { passwordIn } from '../support/rollout/model/password_table'
import { Then, When } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

When(
  'I let the user {user} in to the site {site} with:',
  async function (this: LockstepWorld, user: string, site: string, table: DataTable) {
    expect(await this.rollout.access.letIn(user, site, passwordIn(table.raw()))).to.pass()
  },
)

When(
  'I shut the user {user} out of the site {site}',
  async function (this: LockstepWorld, user: string, site: string) {
    expect(await this.rollout.access.shutOut(user, site)).to.pass()
  },
)

Then(
  'the user {user} should be let in to the site {site}',
  async function (this: LockstepWorld, user: string, site: string) {
    expect(await this.rollout.access.shouldBeLetIn(user, site)).to.pass()
  },
)

Then(
  'the user {user} should be let in to the site {site} with:',
  async function (this: LockstepWorld, user: string, site: string, table: DataTable) {
    expect(await this.rollout.access.shouldBeLetIn(user, site, passwordIn(table.raw()))).to.pass()
  },
)

Then(
  'the user {user} should be shut out of the site {site}',
  async function (this: LockstepWorld, user: string, site: string) {
    expect(await this.rollout.access.shouldBeShutOut(user, site)).to.pass()
  },
)

When(
  'I let the address {network} in to the site {site}',
  async function (this: LockstepWorld, address: string, site: string) {
    expect(await this.rollout.addresses.letIn(address, site)).to.pass()
  },
)

When(
  'I shut the address {network} out of the site {site}',
  async function (this: LockstepWorld, address: string, site: string) {
    expect(await this.rollout.addresses.shutOut(address, site)).to.pass()
  },
)

Then(
  'the address {network} should be let in to the site {site}',
  async function (this: LockstepWorld, address: string, site: string) {
    expect(await this.rollout.addresses.shouldBeLetIn(address, site)).to.pass()
  },
)

Then(
  'the address {network} should be shut out of the site {site}',
  async function (this: LockstepWorld, address: string, site: string) {
    expect(await this.rollout.addresses.shouldBeShutOut(address, site)).to.pass()
  },
)
