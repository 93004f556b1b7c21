import { expect } from 'chai'
import { beforeLeaving } from './leaving'

describe('a process that is ended without a word', () => {
  it('ends with the status that is decided then, and asks once', () => {
    const left: (number | undefined)[] = []
    const process = { reallyExit: (code?: number) => void left.push(code) }
    let asked = 0
    beforeLeaving(process, (code) => {
      asked += 1
      process.reallyExit(7)
      return code === 0 ? 1 : code
    })
    process.reallyExit(0)
    process.reallyExit(3)
    expect({ left, asked }).to.deep.equal({ left: [7, 1, 3], asked: 1 })
  })
})
