import type { DataTable } from '@cucumber/cucumber'
import { agentInputs } from '../support/rollout/model/agent_inputs'
import { expect } from '../support/rollout/expectations'
import { Then, When } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

When(
  'I run the action {word} of the agent {word}',
  async function (this: LockstepWorld, action: string, agent: string) {
    expect(await this.rollout.agents.run(agent, action, {})).to.pass()
  },
)

When(
  'I run the action {word} of the agent {word} with:',
  async function (this: LockstepWorld, action: string, agent: string, inputs: DataTable) {
    expect(await this.rollout.agents.run(agent, action, agentInputs(inputs.raw()))).to.pass()
  },
)

Then(
  'the action {word} of the agent {word} should answer {word} {string}',
  async function (this: LockstepWorld, action: string, agent: string, name: string, wanted: string) {
    expect(await this.rollout.agents.shouldAnswer(agent, action, {}, name, wanted)).to.pass()
  },
)

Then(
  'the action {word} of the agent {word} should answer {word} {string} with:',
  async function (
    this: LockstepWorld,
    action: string,
    agent: string,
    name: string,
    wanted: string,
    inputs: DataTable,
  ) {
    expect(
      await this.rollout.agents.shouldAnswer(agent, action, agentInputs(inputs.raw()), name, wanted),
    ).to.pass()
  },
)

Then('every host should answer', async function (this: LockstepWorld) {
  expect(await this.rollout.agents.shouldAllAnswer()).to.pass()
})
