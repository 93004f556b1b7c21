import { expect } from 'chai'
import { FakeClock, settled } from '../testing/fake_clock'
import { startDeadline } from './deadline'

describe('a deadline', () => {
  /** Starts a deadline of one second; `heard` is when the last message was read. */
  function started() {
    const clock = new FakeClock()
    const seen = { heard: -Infinity, flooded: false, over: undefined as number | undefined }
    const stop = startDeadline(
      clock,
      1_000,
      () => (seen.flooded ? clock.elapsed() : seen.heard),
      () => (seen.over = clock.elapsed()),
    )
    return { clock, seen, stop }
  }

  it('counts at once where nothing was heard for a while', async () => {
    const { clock, seen } = started()
    seen.heard = 500
    await clock.next()
    expect(seen.over).to.equal(1_000)
  })

  it('is put off for as long as messages are being read', async () => {
    const { clock, seen } = started()
    seen.flooded = true
    for (let each = 0; each < 20; each += 1) {
      await clock.next()
      expect(seen.over).to.equal(undefined)
    }
    seen.flooded = false
    await clock.next()
    expect(seen.over).to.equal(3_000)
  })

  it('does not count where it fires late: what came meanwhile is still unread', async () => {
    const { clock, seen } = started()
    await clock.next(3_000)
    expect(seen.over).to.equal(undefined)
    await clock.next()
    expect(seen.over).to.equal(4_100)
  })

  it('is over within a minute more, under any flood', async () => {
    const { clock, seen } = started()
    seen.flooded = true
    while (seen.over === undefined) await clock.next()
    expect(seen.over).to.be.within(60_000, 61_200)
  })

  it('never comes once it was stopped, not even while sockets have their turn', async () => {
    const { clock, seen, stop } = started()
    const next = clock.next()
    stop()
    await next
    await settled()
    expect(seen.over).to.equal(undefined)
  })
})
