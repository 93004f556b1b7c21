import { expect } from 'chai'
import { EventEmitter } from 'node:events'
import { decideExitStatus } from './exit_status'

describe('the exit status', () => {
  it('is decided behind listeners that came later, and without any', () => {
    const process = new EventEmitter()
    let status = 0
    decideExitStatus(process, () => (status = 1))
    process.on('exit', () => (status = 0))
    process.emit('exit', 0)
    expect(status).to.equal(1)

    status = 0
    process.removeAllListeners()
    process.emit('exit', 0)
    expect(status).to.equal(1)
  })

  it('is not touched by other events', () => {
    const process = new EventEmitter()
    let status = 0
    decideExitStatus(process, () => (status = 1))
    expect(process.emit('beforeExit', 0)).to.equal(false)
    expect(status).to.equal(0)
  })
})
