import { Given, Then } from '@cucumber/cucumber'
import { expect } from 'chai'
import { findEchoes, startEchoes } from './echoes'
import type { Manual } from './manual'

Given(
  'a fleet, a HAProxy and a web server that echo the secret {string} where texts are cut',
  async function (this: Manual, secret: string) {
    await startEchoes(this, secret)
  },
)

Then('no part of the secret should be in what it said, wrote or told', function (this: Manual) {
  expect(findEchoes(this)).to.deep.equal([])
})
