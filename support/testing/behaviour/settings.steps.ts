import { Given } from '@cucumber/cucumber'
import type { Manual } from './manual'

Given('the environment variable {string} is {string}', function (this: Manual, name: string, value: string) {
  this.env[name] = value
})

Given('the environment variable {string} is not set', function (this: Manual, name: string) {
  delete this.env[name]
})
