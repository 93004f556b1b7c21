require('ts-node/register')

const { profiles } = require('./support/cucumber/profiles')

// Lockstep's own manual runs rollouts as a person would. It has steps of its own, and so a profile of its own.
const behaviour = {
  requireModule: ['ts-node/register'],
  require: ['support/testing/behaviour/*.steps.ts'],
  tags: '@behaviour',
  format: ['summary'],
  // Each scenario has a folder and processes of its own; most of its time is waiting for hosts that are silent.
  parallel: 5,
  publishQuiet: true,
}

module.exports = profiles({ own: { behaviour } })
