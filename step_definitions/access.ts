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
