const { appendFileSync, readFileSync, renameSync, writeFileSync } = require('node:fs')

const FILE = process.env.LOCKSTEP_HOST_STATE

// The state of a test host: a JSON file, so that the test can look at it too. Ruby's agents have the same.
exports.readState = () => JSON.parse(readFileSync(FILE, 'utf8'))

// A reader sees the state before or the one after, never a part of one.
exports.changeState = (work) => {
  const state = exports.readState()
  work(state)
  writeFileSync(`${FILE}.new`, JSON.stringify(state))
  renameSync(`${FILE}.new`, FILE)
}

// Notes that the host carries an order out, so that a test can count how often.
exports.noteOrder = (what) => appendFileSync(`${FILE}.orders`, `${what}\n`)
