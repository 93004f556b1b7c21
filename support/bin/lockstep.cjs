#!/usr/bin/env node
// In a checkout the sources run as they are; in an installed package they are compiled and stand in their place.
const { existsSync } = require('node:fs')
const { join } = require('node:path')

if (existsSync(join(__dirname, 'lockstep.ts'))) require('ts-node').register({ projectSearchDir: __dirname })
void require('./lockstep').main(process.argv.slice(2), process.cwd())
