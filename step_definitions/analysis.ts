import { expect } from '../support/rollout/expectations'
import { Then } from '../support/cucumber/steps'
import type { LockstepWorld } from '../support/cucumber/world'

Then(
  'the metric {query} should stay below {level} for {duration}',
  async function (this: LockstepWorld, query: string, level: number, during: number) {
    expect(await this.rollout.analysis.metricShouldStay(query, { is: 'below', level }, during)).to.pass()
  },
)

Then(
  'the metric {query} should stay above {level} for {duration}',
  async function (this: LockstepWorld, query: string, level: number, during: number) {
    expect(await this.rollout.analysis.metricShouldStay(query, { is: 'above', level }, during)).to.pass()
  },
)

Then(
  'the metric {query} should stay at {level} for {duration}',
  async function (this: LockstepWorld, query: string, level: number, during: number) {
    expect(await this.rollout.analysis.metricShouldStay(query, { is: 'at', level }, during)).to.pass()
  },
)

Then(
  'the url {url} should answer {status} within {duration}',
  async function (this: LockstepWorld, url: string, status: number, within: number) {
    expect(await this.rollout.analysis.urlShouldAnswer(url, status, within)).to.pass()
  },
)
