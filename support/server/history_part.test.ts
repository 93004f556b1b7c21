import { expect } from 'chai'
import { FakeClock, settled } from '../testing/fake_clock'
import { historyPart } from './history_part'
import type { PartContext } from './part'

describe('The part that shares the history', () => {
  it('says once why it cannot, says when it can again, and tries on until the end', async () => {
    const clock = new FakeClock()
    const end = new AbortController()
    const said: string[] = []
    const log = { warn: (text: string) => said.push(text), info: (text: string) => said.push(text) }
    const answers = ['no database', 'no database', undefined, 'another reason']
    let asked = 0
    const part = historyPart(async () => answers[asked++])
    const running = part.run({
      clock,
      log,
      redact: (text: string) => text,
      signal: end.signal,
    } as unknown as PartContext)
    await settled()
    for (let turn = 0; turn < 3; turn += 1) await clock.next()
    end.abort()
    await running
    expect(asked).to.equal(4)
    expect(said).to.deep.equal(['no database', 'the history is shared again', 'another reason'])
  })
})
