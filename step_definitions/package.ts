import { expect } from '../support/rollout/expectations'
import { Then, When } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

When('I update the package {package}', async function (this: LockstepWorld, name: string) {
  expect(await this.rollout.packages.update(name)).to.pass()
})

When(
  'I install version {version} of the package {package}',
  async function (this: LockstepWorld, version: string, name: string) {
    expect(await this.rollout.packages.install(name, version)).to.pass()
  },
)

Then(
  'the package version for {package} should be {version}',
  async function (this: LockstepWorld, name: string, version: string) {
    expect(await this.rollout.packages.versionShouldBe(name, version)).to.pass()
  },
)

Then(
  'the package version for {package} should be {version} within {duration}',
  async function (this: LockstepWorld, name: string, version: string, within: number) {
    expect(await this.rollout.packages.versionShouldBe(name, version, { within })).to.pass()
  },
)

Then('the package {package} should be installed', async function (this: LockstepWorld, name: string) {
  expect(await this.rollout.packages.shouldBe(name, 'installed')).to.pass()
})

Then('the package {package} should be absent', async function (this: LockstepWorld, name: string) {
  expect(await this.rollout.packages.shouldBe(name, 'absent')).to.pass()
})

When('I refresh the package lists', async function (this: LockstepWorld) {
  expect(await this.rollout.packages.refreshLists()).to.pass()
})

Then(
  'the package {package} should be available in version {version}',
  async function (this: LockstepWorld, name: string, version: string) {
    expect(await this.rollout.packages.shouldBeAvailable(name, version)).to.pass()
  },
)
