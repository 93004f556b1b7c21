// A process of its own: `support/verify/checker_process.ts` starts it, and ends it where a text takes too long.
const { existsSync } = require('node:fs')
const { join } = require('node:path')

if (existsSync(join(__dirname, 'check_yaml.ts'))) require('ts-node').register({ projectSearchDir: __dirname })
require('./check_yaml').checkYaml()
