import { Given } from '@cucumber/cucumber'
import { writeGatedRelease } from './gated_release'
import type { Manual } from './manual'
import {
  copyDeployment,
  installPackages,
  writeConfiguration,
  writeFeature,
  writeFeatureInWaves,
  writeTeamSteps,
} from './projects'

Given('the website feature', function (this: Manual) {
  copyDeployment(this, 'website.feature')
})

Given('the rolling feature', function (this: Manual) {
  copyDeployment(this, 'rolling.feature')
})

Given('the deployment {string}', function (this: Manual, name: string) {
  copyDeployment(this, name)
})

Given('a feature {string} with the steps:', function (this: Manual, name: string, steps: string) {
  writeFeature(this, name, steps)
})

Given(
  'a feature {string} with waves {string} and the steps:',
  function (this: Manual, name: string, waves: string, steps: string) {
    writeFeatureInWaves(this, name, waves, steps)
  },
)

Given(
  'a rollout of release 1.3 in waves that undoes what it did, and a gate on that release',
  function (this: Manual) {
    writeGatedRelease(this)
  },
)

Given('steps of a team, in {string}:', function (this: Manual, name: string, code: string) {
  writeTeamSteps(this, name, code)
})

Given('a repository with a cucumber.js', function (this: Manual) {
  writeConfiguration(this)
})

Given('cucumber and Lockstep in its node_modules', function (this: Manual) {
  installPackages(this)
})
