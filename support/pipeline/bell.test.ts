import { expect } from 'chai'
import { FakeClock, settled } from '../testing/fake_clock'
import { Bell } from './bell'

describe('a bell', () => {
  const { signal } = new AbortController()
  const isOver = async (wait: Promise<void>) => {
    let over = false
    void wait.then(() => (over = true))
    await settled()
    return over
  }

  it('ends the wait for it, and the next one when it rang before', async () => {
    const bell = new Bell(new FakeClock())
    const wait = bell.wait(undefined, signal)
    expect(await isOver(wait)).to.equal(false)
    bell.ring()
    expect(await isOver(wait)).to.equal(true)
    bell.ring()
    expect(await isOver(bell.wait(undefined, signal))).to.equal(true)
    expect(await isOver(bell.wait(undefined, signal))).to.equal(false)
  })

  it('is waited for so long only, and leaves no timer behind', async () => {
    const clock = new FakeClock()
    const bell = new Bell(clock)
    const wait = bell.wait(500, signal)
    expect(clock.pending).to.deep.equal([500])
    await clock.next()
    expect(await isOver(wait)).to.equal(true)
    const rung = bell.wait(500, signal)
    bell.ring()
    expect(await isOver(rung)).to.equal(true)
    expect(clock.pending).to.deep.equal([])
  })

  it('is waited for no longer than a timer can be set for: it would go off at once', async () => {
    const clock = new FakeClock()
    void new Bell(clock).wait(1_000 * 3_600_000, signal)
    expect(clock.pending).to.deep.equal([2_147_483_647])
  })

  it('is waited for until the end of the work', async () => {
    const end = new AbortController()
    const wait = new Bell(new FakeClock()).wait(undefined, end.signal)
    end.abort()
    expect(await isOver(wait)).to.equal(true)
  })
})
