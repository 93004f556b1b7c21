#!/usr/bin/env node
// In a checkout the sources run as they are; in an installed package they are compiled and stand in their place.
const { existsSync } = require('node:fs')
const { join } = require('node:path')

const sources = existsSync(join(__dirname, 'lockstep.ts'))
  ? require('ts-node').register({ projectSearchDir: __dirname })
  : undefined
void require('./lockstep')
  .main(process.argv.slice(2), process.cwd())
  .then((program) => {
    if (program === undefined) return
    // The program reads the code of a team by what the team has chosen for that.
    sources?.enabled(false)
    require(program)
  })
