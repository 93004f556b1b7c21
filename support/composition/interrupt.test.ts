import { expect } from 'chai'
import { countWishes, noteWish } from '../run/stop_wishes'
import { begunRun } from '../testing/told_run'
import { Scratch } from '../testing/scratch'
import { onInterrupt } from './interrupt'

describe('a run that is asked to stop', () => {
  let scratch: Scratch
  let exits: number[]
  let said: string[]
  let stopListening: () => void
  beforeEach(() => {
    scratch = new Scratch()
    exits = []
    said = []
    const run = begunRun()
    stopListening = onInterrupt(run, {
      stopWishes: () => countWishes(scratch.path, run.id),
      exit: (code) => exits.push(code),
      say: (text) => said.push(text),
    })
    const noted = { person: 'bert', at: '2026-01-01T00:00:00.000Z', pid: 4711, startedAt: 0 }
    wish = (number = 1) => expect(noteWish(scratch.path, run.id, number, noted)).to.equal(true)
  })
  afterEach(() => {
    stopListening()
    scratch.remove()
  })
  let wish: (number?: number) => void
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
    expect(said[0]).to.include('Stopping after this step.')
    expect(said[1]).to.include('The console was asked to stop this run too.')
    press()
    expect(exits).to.deep.equal([130])
  })

  it('is cut off by no signal that the console sends, though it sends one for each note', () => {
    for (const number of [1, 2, 3]) {
      wish(number)
      press()
    }
    expect(exits).to.deep.equal([])
    press()
    expect(exits, 'it may come from the same moment').to.deep.equal([])
    press()
    expect(exits).to.deep.equal([130])
  })
})
