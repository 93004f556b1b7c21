require('ts-node/register')
module.exports = require('./support/cucumber/profiles').profiles()
