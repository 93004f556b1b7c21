import { expect } from 'chai'
import { isStopWished, noteWish } from '../run/stop_wishes'
import { begunRun } from '../testing/told_run'
import { Scratch } from '../testing/scratch'
import { onInterrupt } from './interrupt'

describe('a run that is asked to stop', () => {
  let scratch: Scratch
  let exits: number[]
  let stopListening: () => void
  beforeEach(() => {
    scratch = new Scratch()
    exits = []
    const run = begunRun()
    stopListening = onInterrupt(run, {
      isStopWished: () => isStopWished(scratch.path, run.id),
      exit: (code) => exits.push(code),
    })
    wish = () => noteWish(scratch.path, run.id, { person: 'bert', at: '2026-01-01T00:00:00.000Z' })
  })
  afterEach(() => {
    stopListening()
    scratch.remove()
  })
  let wish: () => void
  const press = () => process.emit('SIGINT', 'SIGINT')

  it('ends at once at the second Ctrl-C', () => {
    press()
    expect(exits).to.deep.equal([])
    press()
    expect(exits).to.deep.equal([130])
  })

  it('is not cut off by a Ctrl-C and the console in the same moment, and is at one more', () => {
    press()
    wish()
    press()
    expect(exits).to.deep.equal([])
    press()
    expect(exits).to.deep.equal([130])
  })
})
