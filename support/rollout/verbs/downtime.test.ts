import { expect } from 'chai'
import { downtimesIn } from '../../monitoring/downtimes'
import { MemoryDowntimes } from '../../monitoring/systems/memory_downtimes'
import { fakeClock, FakeFleet, rolloutOn } from '../../testing/fake_fleet'
import { failed, WebFleet, webs } from '../../testing/web_fleet'
import { hasPassed, type Verdict } from '../model/verdict'
import type { Planning } from '../ports'

const HOUR_MS = 3_600_000
const NAME = 'has a downtime in Icinga'
const seen = (verdict: Verdict) => verdict.observations.map((each) => `${each.host} ${each.seen}`)
const planning: Planning = { asNoop: () => undefined, isReadOnly: () => true }

describe('A downtime of a rollout', () => {
  const begin = ({ isPlanned = false, knowsAll = true } = {}) => {
    const clock = fakeClock()
    const system = new MemoryDowntimes(() => clock.now(), 'Icinga', knowsAll)
    const fleet = new FakeFleet(['web1', 'web2'], () => ({ kind: 'answered', data: {} }))
    const downtimes = () =>
      downtimesIn({ systems: [system], run: '1', lookEvery: 1_000, isPlanned: () => isPlanned })
    const ports = { clock, downtimes, ...(isPlanned ? { planning } : {}) }
    return { ...rolloutOn(fleet, { ports }), system, fleet, clock, downtimes }
  }
  const openIn = ({ rollout }: ReturnType<typeof begin>) =>
    rollout.ledger.all.map(({ host, obligation }) => `${host} ${obligation}`)

  it('is in the ledger before it is ordered, until monitoring shows that it has ended', async () => {
    const one = begin()
    const { rollout, journal, fleet } = one
    await rollout.hosts.discover()
    expect(hasPassed(await rollout.downtime.begin(HOUR_MS))).to.equal(true)
    const types = journal.map((entry) => (entry.type === 'asked' ? entry.action : entry.type))
    expect(types.indexOf('opened')).to.be.within(0, types.indexOf('begin a downtime') - 1)
    expect(openIn(one)).to.deep.equal([`web1 ${NAME}`, `web2 ${NAME}`])
    expect(hasPassed(await rollout.downtime.shouldBe('begun'))).to.equal(true)
    expect(hasPassed(await rollout.downtime.end())).to.equal(true)
    expect(openIn(one)).to.deep.equal([])
    expect(hasPassed(await rollout.downtime.shouldBe('ended'))).to.equal(true)
    expect(fleet.asked).to.deep.equal([])
  })

  it('stays in the ledger of a host that monitoring does not see back, and the rollout stops', async () => {
    const one = begin()
    await one.rollout.hosts.discover()
    await one.rollout.downtime.begin(HOUR_MS)
    one.system.set('web2', undefined, { problem: 'DOWN' })
    const verdict = await one.rollout.downtime.end({ within: 3_000 })
    expect(hasPassed(verdict)).to.equal(false)
    expect(seen(verdict)[0]).to.equal('web1 Icinga sees it back, without a downtime')
    expect(seen(verdict)[1]).to.match(
      /^web2 Icinga does not see it back: the host is DOWN; in downtime in Icinga until /,
    )
    expect(openIn(one)).to.deep.equal([`web2 ${NAME}`])
    expect(one.rollout.halted?.code).to.equal('diverged')
  })

  it('that is over does not let a host that is down pass for one that is back', async () => {
    const one = begin()
    await one.rollout.hosts.discover()
    await one.rollout.downtime.begin(60_000)
    one.system.set('web2', undefined, { problem: 'DOWN' })
    const verdict = await one.rollout.downtime.end({ within: 120_000 })
    expect(hasPassed(verdict)).to.equal(false)
    expect(seen(verdict)[1]).to.match(/the host is DOWN; no downtime of Lockstep in Icinga$/)
  })

  it('that is over keeps a host from being changed', async () => {
    const one = begin()
    const { rollout, clock, fleet } = one
    await rollout.hosts.discover()
    await rollout.downtime.begin(60_000)
    await new Promise<void>((resolve) => clock.after(61_000, resolve))
    const verdict = await rollout.services.start('nginx')
    expect(seen(verdict)).to.deep.equal(
      ['web1', 'web2'].map(
        (host) => `${host} not touched: no downtime of Lockstep in Icinga, though it was taken out`,
      ),
    )
    expect(fleet.asked).to.deep.equal([])
  })

  it('is ended after a failure behind the block that came after it, and not before', async () => {
    const clock = fakeClock()
    const system = new MemoryDowntimes(() => clock.now(), 'Icinga')
    const fleet = new WebFleet(webs(2), {
      web2: ({ action }) => (action === 'update' ? failed('no space left') : undefined),
    })
    const downtimes = () =>
      downtimesIn({ systems: [system], run: '1', lookEvery: 1_000, isPlanned: () => false })
    const { rollout, undone } = rolloutOn(fleet, { ports: { clock, downtimes } })
    rollout.traffic.throughBalancerAt('1.2.3.4')
    rollout.afterFailure.healthyGoBack = true
    await rollout.downtime.begin(HOUR_MS)
    await rollout.traffic.block()
    await rollout.packages.update('mywebapp')
    // Monitoring sees a blocked host as one that is down.
    const check = system.check.bind(system)
    system.check = (parts, now) => {
      for (const { host } of parts)
        system.set(host, undefined, { problem: fleet.blocked.has(host) ? 'DOWN' : undefined })
      return check(parts, now)
    }
    await rollout.afterFailure.settle()
    expect(undone.map(({ what, verdict }) => [what, hasPassed(verdict)])).to.deep.equal([
      ['blocks 1.2.3.4: put back', true],
      [`${NAME}: put back`, true],
    ])
    expect(rollout.ledger.all.map(({ host }) => host)).to.deep.equal(['web2', 'web2'])
    expect(system.shown).to.deep.equal(['web2 lockstep Lockstep, run 1'])
  })

  it('does not pass where monitoring does not know one host', async () => {
    const one = begin({ knowsAll: false })
    one.system.set('web1', undefined)
    await one.rollout.hosts.discover()
    const verdict = await one.rollout.downtime.begin(HOUR_MS)
    expect(hasPassed(verdict)).to.equal(false)
    expect(seen(verdict)[1]).to.equal('web2 Icinga knows no host of that name')
  })

  it('is planned without a word to monitoring', async () => {
    const one = begin({ isPlanned: true })
    one.system.look = () => Promise.reject(new Error('it was asked'))
    const { rollout } = one
    await rollout.hosts.discover()
    expect(seen(await rollout.downtime.begin(HOUR_MS))[0]).to.equal(
      'web1 would begin a downtime of at most 1 h',
    )
    expect(seen(await rollout.downtime.shouldBe('begun'))[0]).to.equal('web1 would pass: in downtime')
    expect(seen(await rollout.downtime.end())[0]).to.equal('web1 would end the downtime')
    expect(seen(await rollout.downtime.shouldBe('ended'))[0]).to.equal('web1 would pass: not in downtime')
  })

  it('is of a time that makes sense', async () => {
    const { rollout } = begin()
    for (const ms of [59_000, 8 * 24 * HOUR_MS])
      expect(() => rollout.downtime.begin(ms)).to.throw(/is not possible; expected \S+ \S+ to \S+ \S+$/)
  })
})
