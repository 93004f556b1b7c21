import { join } from 'node:path'
import { expect } from 'chai'
import type { WholeLook } from '../monitoring/open_monitoring'
import { Registrations } from '../monitoring/registrations'
import type { RegisteredHost } from '../monitoring/registration_message'
import type { ToldOfMonitoring } from '../monitoring/tell_look'
import { FakeClock, settled } from '../testing/fake_clock'
import { Scratch } from '../testing/scratch'
import { monitoringPart } from './monitoring_part'
import type { PartContext } from './part'

const NOTHING: WholeLook = { look: { targets: [], fault: undefined }, unknown: [] }
const removal = (...removed: string[]): WholeLook => ({
  look: {
    fault: undefined,
    targets: [
      {
        target: 'One',
        hosts: 1,
        added: [],
        changed: [],
        removed,
        refused: [],
        fault: undefined,
        needsPerson: false,
      },
    ],
  },
  unknown: [],
})

describe('The part that keeps monitoring in step', () => {
  let scratch: Scratch
  let clock: FakeClock
  let end: AbortController
  let log: string[]
  let notified: (readonly ToldOfMonitoring[])[]
  let looks: number
  let found: WholeLook
  let isOwned: boolean
  let register: (host: RegisteredHost) => void
  beforeEach(() => {
    scratch = new Scratch()
    clock = new FakeClock()
    end = new AbortController()
    ;[log, notified, looks, found, isOwned] = [[], [], 0, NOTHING, true]
  })
  afterEach(() => {
    end.abort()
    scratch.remove()
  })

  const path = () => join(scratch.path, 'state', 'production.json')
  const begin = async (everyMs = 60_000) => {
    const part = monitoringPart({
      everyMs,
      monitoring: {
        registrations: new Registrations(path()),
        async look() {
          looks += 1
          return found
        },
      },
      async listen(onRegistered) {
        register = onRegistered
      },
      notify: (told) => notified.push(told),
    })
    const running = part.run({
      clock,
      signal: end.signal,
      redact: (text: string) => text.replaceAll('s3cret', '…'),
      log: {
        info: (text: string) => log.push(text),
        warn: (text: string) => log.push(`! ${text}`),
      },
      pipeline: {
        expectOwned() {
          if (!isOwned) throw new Error('another one has it')
        },
      },
    } as unknown as PartContext)
    await settled()
    return running
  }
  const start = async (everyMs?: number) => {
    const running = begin(everyMs)
    await settled()
    return { running }
  }

  it('looks at once, then at every interval, and ends when it is told to', async () => {
    const { running } = await start()
    expect(looks).to.equal(1)
    while (clock.now() < 60_000) await clock.next()
    expect([looks, clock.now()]).to.deep.equal([2, 60_000])
    end.abort()
    await running
    expect(looks).to.equal(2)
  })

  it('looks soon after a host registers, once for all that register meanwhile', async () => {
    await start()
    for (let n = 0; n < 50; n += 1) register({ name: `web${n}`, checks: [] })
    await settled()
    expect(looks).to.equal(1)
    await clock.next()
    expect([looks, clock.now()]).to.deep.equal([2, 10_000])
    // One that tells nothing new waits for the interval.
    register({ name: 'web1', checks: [] })
    await clock.next()
    expect([looks, clock.now()]).to.deep.equal([2, 20_000])
    register({ name: 'web1', checks: ['check_disk'] })
    await settled()
    expect(looks).to.equal(3)
  })

  it('writes what was registered before each look', async () => {
    await start()
    register({ name: 'web1', checks: ['check_disk'] })
    await clock.next()
    expect(new Registrations(path()).checksOf('web1')).to.deep.equal(['check_disk'])
  })

  it('says that registrations cannot be written, once, and looks all the same', async () => {
    scratch.write('state', 'no folder')
    await start(1_000)
    register({ name: 'web1', checks: [] })
    await clock.next()
    await clock.next()
    expect(looks).to.equal(3)
    expect(log.filter((line) => /registrations cannot be written/.test(line))).to.have.length(1)
  })

  it('tells a trouble once, says that it is over, and shows no secret of it', async () => {
    found = { look: { targets: [], fault: 'no list of s3cret' }, unknown: [] }
    await start(1_000)
    await clock.next()
    found = NOTHING
    await clock.next()
    expect(log).to.deep.equal([
      '! monitoring: no list of …',
      'monitoring: this is over: monitoring: no list of …',
    ])
    expect(notified).to.deep.equal([])
  })

  it('notifies of each removal, and of hosts that are not in the inventory until they change', async () => {
    found = removal('web1')
    await start(1_000)
    found = { ...NOTHING, unknown: ['stray'] }
    await clock.next()
    await clock.next()
    found = removal('web1')
    await clock.next()
    expect(notified.map((each) => each.flatMap(({ hosts }) => hosts))).to.deep.equal([
      ['web1'],
      ['stray'],
      ['web1'],
    ])
  })

  it('changes nothing once another process has taken over', async () => {
    const { running } = await start(1_000)
    const failed = running.catch((error: unknown) => (error as Error).message)
    isOwned = false
    await clock.next()
    end.abort()
    expect(await failed).to.equal('another one has it')
    expect(looks).to.equal(1)
  })
})
