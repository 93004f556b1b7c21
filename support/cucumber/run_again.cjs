// Runs cucumber-js as its own program would, for a run that another one begins: `run_again.cjs <program> <arguments>`.
const { existsSync } = require('node:fs')
const { join } = require('node:path')

const sources = existsSync(join(__dirname, 'run_again.ts'))
  ? require('ts-node').register({ projectSearchDir: __dirname })
  : undefined
const { runAgain } = require('./run_again')
// The code of a team is read by what the team has chosen for that.
sources?.enabled(false)
process.argv.splice(1, 1)
void runAgain(process)
