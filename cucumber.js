require('ts-node/register')

const { profiles } = require('./support/cucumber/profiles')

module.exports = {
  ...profiles(),
  // Lockstep's own manual, which runs rollouts as a person would. It has steps of its own, and so a profile of its own.
  behaviour: {
    require: ['support/testing/behaviour/steps.ts'],
    tags: '@behaviour',
    format: ['summary'],
    publishQuiet: true,
  },
}
