import { expect } from 'chai'
import { localGateway } from '../balancers/local_gateway'
import type { HostGateway } from '../rollout/model/obligation'
import { behavesAsDowntimeSystem, type MonitoringUnderTest } from '../testing/downtime_contract'
import { downtimesIn } from './downtimes'
import { MemoryDowntimes } from './systems/memory_downtimes'
import { MonitoringFault } from './systems/target'

const HOUR_MS = 3_600_000

/** A gateway whose time passes by waiting alone. */
function gatewayOf(time: { ms: number }): HostGateway {
  const gateway = localGateway(() => {
    throw new Error('a host was asked')
  })
  return {
    record: gateway.record,
    ask: gateway.ask,
    tellWait: gateway.tellWait,
    elapsed: () => time.ms,
    wait: async (ms) => void (time.ms += Math.max(1, ms)),
  }
}

describe('Downtimes in a monitoring system', () => {
  let time: { ms: number }
  let system: MemoryDowntimes
  const reach: HostGateway = {
    ...gatewayOf({ ms: 0 }),
    elapsed: () => time.ms,
    wait: async (ms) => void (time.ms += Math.max(1, ms)),
  }
  beforeEach(() => {
    time = { ms: 1_000_000 }
    system = new MemoryDowntimes(() => time.ms, 'Icinga', false)
    for (const host of ['web1', 'web2']) for (const service of [undefined, 'load']) system.set(host, service)
  })
  const downtimes = (...more: MemoryDowntimes[]) =>
    downtimesIn({ systems: [system, ...more], run: '1', lookEvery: 1_000, isPlanned: () => false })
  const outcome = async (work: Promise<{ outcomes: ReadonlyMap<string, unknown> }>, host = 'web1') =>
    (await work).outcomes.get(host) as { kind: string; message?: string; data: Record<string, unknown> }

  describe('in memory', () => {
    beforeEach(() => {
      for (const host of ['web1', 'web2']) system.set(host, 'backup', { isChecked: false })
    })
    const open = (): MonitoringUnderTest => ({
      system,
      hosts: ['web1', 'web2'],
      lookEvery: 1_000,
      setCritical: async (host, isCritical) =>
        system.set(host, 'load', { problem: isCritical ? 'CRITICAL' : undefined }),
      report: async (host, state) =>
        system.set(host, 'backup', { problem: state === 'OK' ? undefined : state }),
      mute: async (host) => {
        system.scheduleOnHost(host, 'operator', 'disk is exchanged', time.ms + HOUR_MS)
      },
      authorsOn: async (host) =>
        system.shown
          .filter((line) => new RegExp(`^${host}[ !]`).test(line))
          .map((line) => line.split(' ')[1] ?? ''),
    })
    behavesAsDowntimeSystem(open, reach)
  })

  it('end by themselves, and that is seen', async () => {
    await downtimes().begin(['web1'], HOUR_MS, reach)
    time.ms += HOUR_MS
    const { outcomes } = await downtimes().look(['web1'], reach)
    expect(downtimes().read(outcomes.get('web1') ?? { kind: 'silent', waited: 0 }).isOpen).to.equal(false)
  })

  it('are not there while one service has none', async () => {
    await downtimes().begin(['web1'], HOUR_MS, reach)
    system.set('web1', 'disk')
    expect((await outcome(downtimes().look(['web1'], reach))).data).to.deep.equal({
      open: null,
      seen: 'the service disk has no downtime in Icinga, though others of its do',
    })
  })

  it('are not there where a system takes the order and shows nothing', async () => {
    system.begin = async () => new Map()
    const said = await outcome(downtimes().begin(['web1'], HOUR_MS, reach))
    expect(said.kind).to.equal('failed')
    expect(said.message).to.match(/took the order, and does not show it: no downtime of Lockstep in Icinga/)
  })

  it('keep the one from before where a new one is not seen, and the line fails', async () => {
    await downtimes().begin(['web1'], HOUR_MS, reach)
    system.begin = async () => new Map()
    expect((await outcome(downtimes().begin(['web1'], HOUR_MS, reach))).kind).to.equal('failed')
    expect(system.shown.length).to.equal(2)
  })

  it('do not end by a state from before the order', async () => {
    await downtimes().begin(['web1'], HOUR_MS, reach)
    system.check = async () => undefined
    const said = await outcome(downtimes().end(['web1'], 5_000, reach))
    expect(said.message).to.match(
      /Icinga does not see it back: the host has not been checked since; in downtime/,
    )
    expect(system.shown.length).to.equal(2)
  })

  it('do not end by a state from before the order that a clock ahead has dated', async () => {
    await downtimes().begin(['web1'], HOUR_MS, reach)
    system.set('web1', 'load', { checkedAt: time.ms + 60_000 })
    const check = system.check.bind(system)
    system.check = (parts, now) =>
      check(
        parts.filter(({ service }) => service === undefined),
        now,
      )
    const said = await outcome(downtimes().end(['web1'], 5_000, reach))
    expect(said.message).to.match(/the service load has not been checked since/)
  })

  it('do not count as ended where only that of the host is gone', async () => {
    await downtimes().begin(['web1'], HOUR_MS, reach)
    const end = system.end.bind(system)
    system.end = (ended) => end(ended.filter(({ isOfService }) => !isOfService))
    const said = await outcome(downtimes().end(['web1'], 5_000, reach))
    expect(said.kind).to.equal('failed')
    expect(said.message).to.match(/the host has no downtime in Icinga, though others of its do/)
  })

  it('are checked again until the host is back', async () => {
    await downtimes().begin(['web1'], HOUR_MS, reach)
    system.set('web1', 'load', { problem: 'CRITICAL' })
    const [check, began] = [system.check.bind(system), time.ms]
    system.check = (parts, now) => {
      if (time.ms > began + 30_000) system.set('web1', 'load', { problem: undefined })
      return check(parts, now)
    }
    expect((await outcome(downtimes().end(['web1'], 60_000, reach))).kind).to.equal('answered')
    expect(system.shown).to.deep.equal([])
  })

  it('name the system that cannot be reached, and are then not there, though the other one has them', async () => {
    const other = new MemoryDowntimes(() => time.ms, 'Nagios')
    other.look = () =>
      Promise.reject(new MonitoringFault('Nagios: it has not written its status; is it running?'))
    const said = await outcome(downtimes(other).begin(['web1'], HOUR_MS, reach))
    expect(said).to.deep.include({
      kind: 'failed',
      message: 'Nagios: it has not written its status; is it running?',
    })
    expect(said.data['open']).to.equal(null)
    expect(downtimes(other).name).to.equal('has a downtime in Icinga and Nagios')
  })

  it('of a host that has left monitoring are over, and the line that ends them fails', async () => {
    expect((await outcome(downtimes().look(['gone'], reach), 'gone')).data['open']).to.equal(false)
    expect((await outcome(downtimes().end(['gone'], 1_000, reach), 'gone')).message).to.equal(
      'Icinga knows no host of that name',
    )
  })

  it('tell which system is waited for, also before it has shown anything', async () => {
    const told: (string | undefined)[] = []
    const telling: HostGateway = {
      ...reach,
      tellWait: ({ what }) => {
        told.push(what)
        return () => {}
      },
    }
    system.look = () => Promise.reject(new MonitoringFault('Icinga: it hangs'))
    await downtimes().end(['web1'], 1_000, telling)
    expect(told).to.deep.equal(['Icinga'])
  })

  it('are not even looked at while nothing may be changed', async () => {
    system.look = () => Promise.reject(new Error('it was asked'))
    const planned = downtimesIn({ systems: [system], run: '1', lookEvery: 1, isPlanned: () => true })
    expect((await outcome(planned.look(['web1'], reach))).data['notAsked']).to.equal(true)
  })
})
