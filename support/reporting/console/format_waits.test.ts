import { expect } from 'chai'
import type { Tally, Wait } from '../../system/wait'
import { formatWaits } from './format_waits'

describe('waits, as a person reads them,', () => {
  const tally = (
    done: number,
    failed: number,
    expected: number | undefined,
    ...someMissing: string[]
  ): Wait => {
    const counted: Tally = { done, failed, expected, someMissing }
    return { withinMs: 20_000, tally: () => counted }
  }
  const at = (...waits: Wait[]) =>
    formatWaits(
      waits.map((wait) => ({ wait, since: 0 })),
      12_999,
    )

  const cases: [string, string, string][] = [
    [
      'name the one who is missing',
      at(tally(999, 0, 1000, 'node00333')),
      '999/1000 · 12 s of 20 s · waits for node00333',
    ],
    [
      'count those whom they do not name',
      at(tally(2, 0, 30, 'a', 'b', 'c')),
      '2/30 · 12 s of 20 s · waits for a, b, c and 25 more',
    ],
    ['hide no failure', at(tally(997, 2, 1000, 'a')), '997/1000 · 2 failed · 12 s of 20 s · waits for a'],
    ['call no refused host done', at(tally(999, 1, 1000)), '999/1000 · 1 failed · 12 s of 20 s'],
    [
      'know of no number before all are known',
      at(tally(3, 0, undefined)),
      '3 hosts · 12 s of 20 s · waits for hosts to answer',
    ],
    [
      'say what is waited for that is no host',
      at({ what: 'approval', withinMs: 600_000 }),
      '12 s of 10 min · waits for approval',
    ],
    ['need no limit', at({ what: 'the broker mq1' }), '12 s · waits for the broker mq1'],
    [
      'say so when the time is over',
      at({ what: 'approval', withinMs: 300 }),
      '12 s, past 300 ms · waits for approval',
    ],
    [
      'go by the wait around others, and by the first that can count',
      at({ withinMs: 60_000, tally: () => undefined }, tally(7, 0, 8, 'web3'), { what: 'the broker' }),
      '7/8 · 12 s of 1 min · waits for web3, the broker',
    ],
    ['are nothing where nothing is waited for', at(), ''],
  ]
  for (const [what, shown, expected] of cases) it(what, () => expect(shown).to.equal(expected))
})
