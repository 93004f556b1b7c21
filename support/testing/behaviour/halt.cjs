// Loaded before a process that the manual runs: halts it once its journal says MANUAL_HALT_AT, until the manual lets it go on.
// The entry is in the file by then, and what it announces was not sent. Signals are heard meanwhile.
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const promises = require('node:fs/promises')

const { open } = promises
const at = process.env.MANUAL_HALT_AT

promises.open = async (path, ...more) => {
  const file = await open(path, ...more)
  if (!String(path).endsWith('.journal.ndjson')) return file
  const appendFile = file.appendFile.bind(file)
  file.appendFile = async (lines) => {
    await appendFile(lines)
    if (!existsSync('.halted') && readFileSync(path, 'utf8').includes(at)) await halt()
  }
  return file
}

async function halt() {
  writeFileSync('.halted', '')
  while (!existsSync('.goes-on')) await new Promise((done) => setTimeout(done, 10))
}
