require('ts-node/register')

const { profiles } = require('./support/cucumber/profiles')

// Lockstep's own manual runs rollouts as a person would. It has steps of its own, and so a profile of its own.
const behaviour = {
  require: ['support/testing/behaviour/*.ts'],
  tags: '@behaviour',
  format: ['summary'],
  publishQuiet: true,
}

module.exports = profiles({ own: { behaviour } })
