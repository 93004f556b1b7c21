import { expect } from 'chai'
import fc from 'fast-check'
import { FakeClock, settled } from '../testing/fake_clock'
import { rolloutEvent } from '../testing/rollout_event'
import { backoff } from './backoff'
import { DeliveryError, type Channel, type Message } from './channel'
import { EVENTS } from './event'
import { Outbox } from './outbox'

describe('an outbox', () => {
  let clock: FakeClock
  let taken: string[]
  let tries: number
  beforeEach(() => {
    clock = new FakeClock()
    taken = []
    tries = 0
  })
  const channel = (
    deliver: (message: Message, signal: AbortSignal) => Promise<void>,
    name = 'webhook x',
  ): Channel => ({
    name,
    on: EVENTS,
    async deliver(message, signal) {
      tries += 1
      await deliver(message, signal)
      taken.push(message.key)
    },
  })
  const outboxOf = (...channels: Channel[]) => new Outbox({ channels, clock, random: () => 0.5 })
  const event = (number: number) => rolloutEvent({ event: 'wave begun', number })
  const failing = (times: number, error: () => Error) =>
    channel(async () => {
      if (tries <= times) throw error()
    })
  const never = () => new Promise<void>(() => {})

  it('delivers in order, and each event once', async () => {
    const outbox = outboxOf(channel(async () => {}))
    for (const number of [1, 2, 2, 1, 3]) outbox.post(event(number))
    expect(taken).to.deep.equal([])
    expect(await outbox.close(5_000)).to.deep.equal([])
    expect(taken.map((key) => key.split('/').at(-1))).to.deep.equal(['1', '2', '3'])
    outbox.post(event(4))
    await settled()
    expect(taken).to.have.length(3)
    expect(clock.pending).to.deep.equal([])
  })

  it('sends a channel only the events that it is for', async () => {
    const outbox = outboxOf({ ...channel(async () => {}), on: ['failed'] })
    outbox.post(event(1))
    outbox.post(rolloutEvent())
    await outbox.close(5_000)
    expect(taken).to.deep.equal(['20261120-224926-f1b1/failed/1'])
  })

  it('tries again after longer and longer pauses', async () => {
    const outbox = outboxOf(failing(3, () => new DeliveryError('answered 500', true)))
    outbox.post(event(1))
    await settled()
    for (const pause of [375, 750, 1_500]) {
      expect(clock.pending).to.deep.equal([pause])
      await clock.next()
    }
    expect(taken).to.have.length(1)
    expect(await outbox.close(5_000)).to.deep.equal([])
  })

  it('gives up after three more tries, says so, and goes on with the next', async () => {
    const outbox = outboxOf(failing(4, () => new DeliveryError('answered 500', true)))
    outbox.post(event(1))
    outbox.post(event(2))
    await settled()
    for (let pauses = 0; pauses < 3; pauses += 1) await clock.next()
    expect(taken).to.deep.equal(['20261120-224926-f1b1/wave-begun/2'])
    expect(await outbox.close(5_000)).to.deep.equal([
      '1 notification was not delivered to webhook x: answered 500',
    ])
  })

  it('does not retry a message that was refused for good', async () => {
    const outbox = outboxOf(failing(1, () => new DeliveryError('answered 404', false)))
    outbox.post(event(1))
    expect(await outbox.close(5_000)).to.deep.equal([
      '1 notification was not delivered to webhook x: answered 404',
    ])
    expect(tries).to.equal(1)
  })

  it('heeds how long it is to wait, up to a bound', async () => {
    const outbox = outboxOf(failing(1, () => new DeliveryError('answered 429', true, 86_400_000)))
    outbox.post(event(1))
    await settled()
    expect(clock.pending).to.deep.equal([10_000])
    await clock.next()
    expect(taken).to.have.length(1)
  })

  it('says nothing of an error that it does not know', async () => {
    const outbox = outboxOf(
      channel(() => {
        throw new Error('https://hooks.example.net/s3cret')
      }),
    )
    outbox.post(event(1))
    expect(await outbox.close(5_000)).to.deep.equal([
      '1 notification was not delivered to webhook x: could not be sent',
    ])
  })

  it('ends a try that does not end by itself', async () => {
    const outbox = outboxOf(channel(never))
    outbox.post(event(1))
    await settled()
    for (const due of [5_000, 375, 5_000, 750, 5_000, 1_500, 5_000]) {
      expect(clock.pending).to.deep.equal([due])
      await clock.next()
    }
    expect(await outbox.close(5_000)).to.deep.equal([
      '1 notification was not delivered to webhook x: did not answer within 5 s',
    ])
  })

  it('waits no longer at its end than its limit, and names each channel once', async () => {
    const outbox = outboxOf(
      channel(never),
      channel(never, 'email y'),
      channel(async () => {}, 'topic z'),
    )
    for (const number of [1, 2, 3]) outbox.post(event(number))
    await settled()
    const closed = outbox.close(2_000)
    await settled()
    expect(clock.pending[0]).to.equal(2_000)
    await clock.next()
    expect(await closed).to.deep.equal([
      '3 notifications were not delivered to webhook x: had not answered when the run was over',
      '3 notifications were not delivered to email y: had not answered when the run was over',
    ])
    expect(clock.pending).to.deep.equal([])
  })

  it('closes within its time during a pause, too', async () => {
    const outbox = outboxOf(failing(9, () => new DeliveryError('answered 500', true)))
    outbox.post(event(1))
    await settled()
    const closed = outbox.close(100)
    await settled()
    await clock.next()
    expect(await closed).to.deep.equal(['1 notification was not delivered to webhook x: answered 500'])
    expect(clock.pending).to.deep.equal([])
  })

  it('keeps a hundred, and counts those that are more', async () => {
    const outbox = outboxOf(channel(never))
    for (let number = 1; number <= 130; number += 1) outbox.post(event(number))
    const closed = outbox.close(100)
    await settled()
    await clock.next()
    expect(await closed).to.deep.equal([
      '130 notifications were not delivered to webhook x: had not answered when the run was over; 30 were more than can wait',
    ])
  })

  it('waits between tries for at least half of the planned time, and for no longer than the bound', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.option(fc.nat(), { nil: undefined }),
        (tried, random, asked) => {
          const ms = backoff(tried, random, asked)
          expect(ms).to.be.within(250 * 2 ** tried, 10_000)
        },
      ),
    )
  })
})
