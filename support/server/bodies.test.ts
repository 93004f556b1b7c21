import { expect } from 'chai'
import { settled } from '../testing/fake_clock'
import { Bodies, type Body } from './bodies'

/** A body that comes piece by piece, when a test says so. */
function slow(bodies: Bodies) {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let isCancelled = false
  const body = new ReadableStream<Uint8Array>({
    start: (own) => void (controller = own),
    cancel: () => void (isCancelled = true),
  })
  let letGo = () => {}
  const inUse = new Promise<void>((resolve) => (letGo = resolve))
  let got: Body | undefined
  const done = bodies.with({ body, headers: new Headers() }, async (read) => {
    got = read
    await inUse
  })
  return {
    send: async (bytes: number) => {
      controller?.enqueue(new Uint8Array(bytes))
      await settled()
    },
    end: async () => {
      controller?.close()
      await settled()
    },
    cut: async () => {
      controller?.error(new Error('reset'))
      await settled()
    },
    letGo: async () => {
      letGo()
      await done
    },
    got: () => got,
    isCancelled: () => isCancelled,
  }
}

describe('the bodies that are read at a time', () => {
  it('count until they are no longer in use', async () => {
    const bodies = new Bodies(100)
    const one = slow(bodies)
    await one.send(30)
    await one.send(20)
    await one.end()
    expect(one.got()).to.deep.equal({ bytes: Buffer.alloc(50) })
    expect(bodies.bytes).to.equal(50)
    await one.letGo()
    expect(bodies.bytes).to.equal(0)
  })

  it('let the longest give way, so that a short push comes through', async () => {
    const bodies = new Bodies(100)
    const [long, longer, push] = [slow(bodies), slow(bodies), slow(bodies)]
    await long.send(45)
    await longer.send(50)
    await push.send(10)
    expect(longer.got()).to.deep.equal({ refused: 'too many' })
    expect(longer.isCancelled()).to.equal(true)
    await push.end()
    expect(push.got()).to.deep.equal({ bytes: Buffer.alloc(10) })
    expect(bodies.bytes).to.equal(55)
    for (const one of [long, longer, push]) await one.end().catch(() => {})
    for (const one of [long, longer, push]) await one.letGo()
    expect(bodies.bytes).to.equal(0)
  })

  it('never take more than the bound, though all that is read is in use', async () => {
    const bodies = new Bodies(100)
    const [used, late] = [slow(bodies), slow(bodies)]
    await used.send(90)
    await used.end()
    await late.send(20)
    expect(late.got()).to.deep.equal({ refused: 'too many' })
    expect(bodies.bytes).to.equal(90)
    await used.letGo()
    await late.letGo()
    expect(bodies.bytes).to.equal(0)
  })

  it('are not taken half', async () => {
    const bodies = new Bodies(100)
    const one = slow(bodies)
    await one.send(30)
    await one.cut()
    expect(one.got()).to.deep.equal({ refused: 'cut off' })
    await one.letGo()
    expect(bodies.bytes).to.equal(0)
  })
})
