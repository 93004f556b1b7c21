import { Then, When } from '@cucumber/cucumber'
import { expect } from 'chai'
import { readRecords } from './history'
import { lastRun } from './journals'
import type { Manual } from './manual'
import { runLockstep } from './processes'

When('I put the run before into the history', async function (this: Manual) {
  this.run = await runLockstep(this, `history --write ${lastRun(this)}`)
})

Then('the history {string} should contain {string}', function (this: Manual, pattern: string, text: string) {
  expect(readRecords(this, pattern)).to.contain(text)
})
