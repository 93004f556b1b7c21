import { expect } from 'chai'
import { reasonOf } from '../testing/failure'
import { InTurn } from './in_turn'

const never = { signal: new AbortController().signal }

describe('work that is done in turn', () => {
  it('begins at once where nothing is under way', async () => {
    const log: string[] = []
    const done = new InTurn().run(never, () => void log.push('begun'))
    expect(log).to.deep.equal(['begun'])
    await done
  })

  it('begins when the one before has ended, however it ended, and in its order', async () => {
    const log: string[] = []
    const queue = new InTurn()
    const one = (name: string, fails = false) =>
      queue.run(never, async () => {
        log.push(`begin ${name}`)
        await new Promise(setImmediate)
        log.push(`end ${name}`)
        if (fails) throw new Error(name)
      })
    const all = [one('a', true), one('b'), one('c')]
    expect(await reasonOf(all[0])).to.equal('a')
    await Promise.all(all.slice(1))
    await one('d')
    expect(log).to.deep.equal(['a', 'b', 'c', 'd'].flatMap((name) => [`begin ${name}`, `end ${name}`]))
  })

  it('is not begun when it was given up while it waited', async () => {
    const queue = new InTurn()
    const over = new AbortController()
    let finish = () => {}
    const first = queue.run(never, () => new Promise<void>((resolve) => (finish = resolve)))
    const second = queue.run(over, () => 'done')
    over.abort(new Error('given up'))
    finish()
    await first
    expect(await reasonOf(second)).to.equal('given up')
    expect(await queue.run(never, () => 'next')).to.equal('next')
  })
})
