import { expect } from 'chai'
import fc from 'fast-check'
import { rolloutOn } from '../../testing/fake_fleet'
import { failure } from '../../testing/failure'
import { WebFleet, webs } from '../../testing/web_fleet'
import { LockstepError } from '../../system/errors'
import { isOpen, isZone, parseDays, parseTime, wallTime, type TimeWindow } from '../model/time_window'

const window = (from: string, to: string, days: string, zone = 'UTC'): TimeWindow => ({
  from: parseTime(from) ?? -1,
  to: parseTime(to) ?? -1,
  days: parseDays(days) ?? new Set(),
  zone,
})
// 2026-11-20 was a Friday.
const at = (iso: string) => Date.parse(iso)

describe('a window of time', () => {
  const cases: [string, TimeWindow, string, boolean][] = [
    ['a weekday in between', window('09:00', '16:00', 'weekdays'), '2026-11-20T12:00Z', true],
    ['its first minute', window('09:00', '16:00', 'weekdays'), '2026-11-20T09:00Z', true],
    ['the minute after its last', window('09:00', '16:00', 'weekdays'), '2026-11-20T16:00Z', false],
    ['a Saturday', window('09:00', '16:00', 'weekdays'), '2026-11-21T12:00Z', false],
    ['a Saturday, for weekends', window('09:00', '16:00', 'weekends'), '2026-11-21T12:00Z', true],
    ['before midnight, over midnight', window('22:00', '04:00', 'Friday'), '2026-11-20T23:00Z', true],
    ['after midnight, over midnight', window('22:00', '04:00', 'Friday'), '2026-11-21T03:59Z', true],
    ['the night before', window('22:00', '04:00', 'Friday'), '2026-11-20T03:00Z', false],
    ['a range of days', window('00:00', '24:00', 'Friday to Monday'), '2026-11-22T12:00Z', true],
    ['outside a range of days', window('00:00', '24:00', 'Friday to Monday'), '2026-11-24T12:00Z', false],
    ['another zone', window('09:00', '16:00', 'weekdays', 'Asia/Tokyo'), '2026-11-19T23:30Z', false],
    [
      'another zone, a day ahead',
      window('09:00', '16:00', 'Friday', 'Asia/Tokyo'),
      '2026-11-20T00:30Z',
      true,
    ],
  ]
  for (const [name, open, now, expected] of cases) {
    it(`${expected ? 'is open' : 'is shut'} on ${name}`, () =>
      expect(isOpen(open, at(now))).to.equal(expected))
  }

  it('is read as people write it, and nothing else is', () => {
    expect(['09:00', '9:00', '24:00', '24:01', '25:00', '12:60', ''].map(parseTime)).to.deep.equal([
      540,
      undefined,
      1_440,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect([...(parseDays('Saturdays to Sunday') ?? [])]).to.deep.equal([6, 0])
    expect(['someday', 'Monday to', 'Monday to Noday', ''].map(parseDays)).to.deep.equal(
      Array(4).fill(undefined),
    )
    expect([isZone('Europe/Berlin'), isZone('Mars/Olympus')]).to.deep.equal([true, false])
    expect(wallTime(at('2026-11-20T13:05Z'), 'UTC')).to.equal('Friday 13:05')
  })

  it('and the opposite one are never open at the same minute', () => {
    const minutes = fc.integer({ min: 0, max: 1439 })
    fc.assert(
      fc.property(minutes, minutes, fc.integer({ min: 0, max: 2e12 }), (from, to, now) => {
        fc.pre(from !== to)
        const days = parseDays('every day') ?? new Set<number>()
        expect(isOpen({ from, to, days, zone: 'UTC' }, now)).to.equal(
          !isOpen({ from: to, to: from, days, zone: 'UTC' }, now),
        )
      }),
    )
  })
})

describe('a gate', () => {
  const begin = (now: number) => {
    const made = rolloutOn(new WebFleet(webs(2)))
    let elapsed = 0
    const clock = { ...made.rollout.ports.clock, now: () => now, elapsed: () => elapsed }
    return {
      ...rolloutOn(new WebFleet(webs(2)), { ports: { clock } }),
      pass: (ms: number) => (elapsed += ms),
    }
  }

  it('of time keeps a rollout from beginning, and says what time it is', () => {
    const { rollout } = begin(at('2026-11-21T12:00Z'))
    expect(() => rollout.gates.onlyBetween(window('09:00', '16:00', 'weekdays'), 'weekdays')).to.throw(
      LockstepError,
      'it is Saturday 12:00, and hosts may change only between 09:00 and 16:00 on weekdays in UTC',
    )
    expect(rollout.halted?.code).to.equal('gate-closed')
  })

  it('of time is refused in words where it may mean the whole day or no minute of it', () => {
    const minute = fc.integer({ min: 0, max: 1439 })
    fc.assert(
      fc.property(minute, minute, fc.integer({ min: 0, max: 2e12 }), (from, other, now) => {
        const to = other % 3 === 0 ? from : other
        const { rollout } = begin(now)
        const days = parseDays('every day') ?? new Set<number>()
        const said = () => rollout.gates.onlyBetween({ from, to, days, zone: 'UTC' }, 'every day')
        if (from === to) expect(said).to.throw(LockstepError, 'write two times that differ')
        expect(rollout.halted?.code === 'bad-feature').to.equal(from === to)
      }),
    )
  })

  it('of time may end with its day, and begin there not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 0, max: 2e12 }), (minute, now) => {
        const days = parseDays('every day') ?? new Set<number>()
        expect(isOpen({ from: 0, to: 1_440, days, zone: 'UTC' }, now)).to.equal(true)
        const { rollout } = begin(now)
        const from24 = { from: 1_440, to: minute, days, zone: 'UTC' }
        expect(() => rollout.gates.onlyBetween(from24, 'every day')).to.throw('no window begins at 24:00')
      }),
    )
  })

  it('of duration lets a wave that has begun be finished, and keeps the next from beginning', async () => {
    const { rollout, pass } = begin(0)
    rollout.gates.noLongerThan(60_000)
    await rollout.waves.take({ kind: 'hosts', count: 1 })
    pass(61_000)
    await rollout.packages.update('mywebapp')
    await rollout.endScenario(true)
    const error = await failure(rollout.waves.take({ kind: 'rest' }))
    expect(error.message).to.equal(
      'the rollout has taken 1 min 1 s, and should take no longer than 1 min; no host was touched since',
    )
  })

  it('of approval writes down who gave it, and stops the rollout when no person does', async () => {
    const asked: string[] = []
    const approval = { ask: async (question: string) => (asked.push(question), 'alice') }
    const one = rolloutOn(new WebFleet(webs(2)), { ports: { approval } })
    await one.rollout.gates.waitForApproval(1_000)
    expect(asked).to.deep.equal(['Go on with 2 hosts?'])
    expect(one.journal).to.deep.include({ type: 'approved', by: 'alice' })
    const other = rolloutOn(new WebFleet(webs(2)))
    await failure(other.rollout.gates.waitForApproval(1_000))
    expect((await failure(other.rollout.packages.update('mywebapp'))).code).to.equal('gate-closed')
  })
})
