// Loaded before a process that the manual runs: halts it once its journal says MANUAL_HALT_AT, until the manual lets it go on.
// The entry is on disk by then, and what it announces was not sent. Signals are heard meanwhile.
const fs = require('node:fs')

const { existsSync, fdatasync, openSync, readFileSync, writeFileSync } = fs
const at = process.env.MANUAL_HALT_AT
const journals = new Map()

fs.openSync = (path, ...more) => {
  const file = openSync(path, ...more)
  if (String(path).endsWith('.journal.ndjson')) journals.set(file, path)
  return file
}

fs.fdatasync = (file, done) =>
  fdatasync(file, (error) => {
    const path = journals.get(file)
    if (path === undefined || existsSync('.halted') || !readFileSync(path, 'utf8').includes(at))
      return done(error)
    writeFileSync('.halted', '')
    goOn(() => done(error))
  })

function goOn(next) {
  if (existsSync('.goes-on')) next()
  else setTimeout(() => goOn(next), 10)
}
