// Loaded before a process that the manual runs: halts it once its journal says MANUAL_HALT_AT, until the manual lets it go on.
// The entry is in the file by then, and what it announces was not sent. Signals are heard meanwhile.
const { existsSync, writeFileSync } = require('node:fs')
const Module = require('node:module')

const at = process.env.MANUAL_HALT_AT
const load = Module._load

Module._load = function (request, ...more) {
  const made = load.call(this, request, ...more)
  if (!request.endsWith('/event_stream')) return made
  Module._load = load
  haltIn(made.EventStream.prototype)
  return made
}

function haltIn(stream) {
  const { append } = stream
  stream.append = async function (entry) {
    await append.call(this, entry)
    if (!existsSync('.halted') && JSON.stringify(entry).includes(at)) await halt()
  }
}

async function halt() {
  writeFileSync('.halted', '')
  while (!existsSync('.goes-on')) await new Promise((done) => setTimeout(done, 10))
}
