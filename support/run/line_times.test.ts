import { expect } from 'chai'
import type { RecordedEvent } from './events'
import { LineTimes } from './line_times'

describe('the moments at which hosts answered a line', () => {
  const at = '2026-01-01T00:00:00.000Z'
  const scenario = { uri: 'a.feature', scenarioId: '3' }
  const line = (n: number): RecordedEvent => ({ type: 'line', at, ...scenario, line: n, text: 'x' })
  const ended = (n: number): RecordedEvent => ({
    type: 'line ended',
    at,
    ...scenario,
    line: n,
    status: 'PASSED',
    took: 1,
  })
  const asked = (requestId: string, action: string): RecordedEvent => ({
    type: 'asked',
    at,
    step: 'x',
    line: 4,
    requestId,
    agent: 'package',
    action,
    inputs: {},
    mutating: false,
    hosts: ['web1', 'web2'],
  })
  const answered = (requestId: string, last?: number): RecordedEvent => ({
    type: 'answered',
    at,
    requestId,
    outcomes: {},
    interrupted: false,
    ...(last === undefined ? {} : { times: { answered: 2, first: 1, median: 2, p95: 3, last } }),
  })
  const after = (...events: RecordedEvent[]) => {
    const times = new LineTimes()
    for (const event of events) times.apply(event)
    return times
  }

  it('are those of the request whose last answer came latest', () => {
    const times = after(
      line(4),
      asked('a', 'status'),
      answered('a', 20),
      asked('b', 'update'),
      answered('b', 900),
      asked('c', 'status'),
      answered('c', 30),
      ended(4),
    )
    expect(times.of(scenario, 4)).to.deep.equal({
      requests: 3,
      what: 'package update',
      asked: 2,
      times: { answered: 2, first: 1, median: 2, p95: 3, last: 900 },
    })
    expect(times.of(scenario, 5)).to.equal(undefined)
  })

  it('are none of a line that no host answered, and never those of work after a failure', () => {
    const times = after(
      line(4),
      asked('a', 'status'),
      answered('a'),
      ended(4),
      asked('b', 'unblock'),
      answered('b', 5),
    )
    expect(times.of(scenario, 4)).to.equal(undefined)
  })
})
