import { expect } from '../support/rollout/expectations'
import { Given, Then, When } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

Given('the repository {repository}', function (this: LockstepWorld, name: string) {
  this.rollout.repository.isCalled(name)
})

Given('the tag {tag}', function (this: LockstepWorld, tag: string) {
  this.rollout.repository.hasTag(tag)
})

Then('every host should have the tag', async function (this: LockstepWorld) {
  expect(await this.rollout.repository.tagShouldBeThere()).to.pass()
})

Then('the tag should have passed its tests', async function (this: LockstepWorld) {
  expect(await this.rollout.repository.tagShouldHavePassed()).to.pass()
})

When('I fetch the repository', async function (this: LockstepWorld) {
  expect(await this.rollout.repository.fetch()).to.pass()
})

When('I deploy the tag', async function (this: LockstepWorld) {
  expect(await this.rollout.repository.deploy()).to.pass()
})

Then('the deployed tag should be {tag}', async function (this: LockstepWorld, tag: string) {
  expect(await this.rollout.repository.deployedShouldBe(tag)).to.pass()
})

Then('the working tree should be unchanged', async function (this: LockstepWorld) {
  expect(await this.rollout.repository.treeShouldBeUnchanged()).to.pass()
})
