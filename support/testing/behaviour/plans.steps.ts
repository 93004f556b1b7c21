import { Given, When } from '@cucumber/cucumber'
import type { Manual } from './manual'
import { editPlan, runPlanned } from './plans'

When('I run cucumber-js {string} as it was planned', async function (this: Manual, args: string) {
  this.run = await runPlanned(this, args)
})

Given(
  'somebody edits the plan: {string} becomes {string}',
  function (this: Manual, from: string, to: string) {
    editPlan(this, from, to)
  },
)
