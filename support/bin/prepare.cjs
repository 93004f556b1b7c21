// A dependency by git URL is compiled where npm packs it for another project. In a clone the sources run as they are, and `npm
// install` stays quick.
const { realpathSync } = require('node:fs')
const { join } = require('node:path')

const root = realpathSync(join(__dirname, '..', '..'))
const asker = process.env.INIT_CWD
if (asker !== undefined && realpathSync(asker) !== root) require('./build.cjs')
