// Installs what package-lock.json asks for when it is not there yet: `npm start` and `npm test` work on a fresh clone.
const { spawnSync } = require('node:child_process')
const { existsSync, statSync } = require('node:fs')
const { join } = require('node:path')

const root = join(__dirname, '..', '..')
const installed = join(root, 'node_modules', '.package-lock.json')
const wanted = join(root, 'package-lock.json')

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  process.stderr.write('Installing what is missing (npm install) …\n')
  // Not `npm ci`: it refuses a lock file that lacks the optional binaries of other systems.
  const done = spawnSync('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (done.status !== 0) {
    process.stderr.write(
      'npm install failed; see above. Lockstep needs Node 20.19 or later and a reachable npm registry.\n',
    )
    process.exit(done.status ?? 1)
  }
}
