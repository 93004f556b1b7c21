import { EventEmitter } from 'node:events'
import { expect } from 'chai'
import { FakeClock, settled } from '../testing/fake_clock'
import { reasonOf } from '../testing/failure'
import { discardTypedAhead } from './typed_ahead'

class FakeTerminal extends EventEmitter {
  isRaw = false
  isPaused = true
  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw
    return this
  }
  resume(): this {
    this.isPaused = false
    return this
  }
  pause(): this {
    this.isPaused = true
    return this
  }
}

describe('what was typed before a terminal is asked', () => {
  const begin = () => {
    const [terminal, clock, stopping] = [new FakeTerminal(), new FakeClock(), new AbortController()]
    const seen = { interrupts: 0 }
    const done = discardTypedAhead(terminal as never, clock, stopping.signal, () => (seen.interrupts += 1))
    return { terminal, clock, stopping, seen, done }
  }

  it('is discarded, and the terminal is as before', async () => {
    const { terminal, clock, seen, done } = begin()
    expect(terminal).to.include({ isRaw: true, isPaused: false })
    terminal.emit('data', 'y\r')
    await clock.next()
    await done
    expect(seen.interrupts).to.equal(0)
    expect(terminal).to.include({ isRaw: false, isPaused: true })
    expect(terminal.listenerCount('data')).to.equal(0)
  })

  it('still interrupts where it is Ctrl-C, and sets the terminal back when the run stops', async () => {
    const { terminal, stopping, seen, done } = begin()
    const error = reasonOf(done)
    terminal.emit('data', Buffer.from('y\u0003'))
    expect(seen.interrupts).to.equal(1)
    stopping.abort()
    await settled()
    await error
    expect(terminal).to.include({ isRaw: false, isPaused: true })
  })
})
