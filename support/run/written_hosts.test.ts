import { expect } from 'chai'
import fc from 'fast-check'
import type { RecordedEvent } from './events'
import { eventReader } from './journals'
import { HostPlaces } from './written_hosts'

const at = '2026-01-01T00:00:00.000Z'
const all = Array.from({ length: 60 }, (_, index) => `web${index}`)
const opened = (hosts: readonly string[]): RecordedEvent => ({ type: 'opened', obligation: 'x', hosts, at })
const rollCall = (hosts: readonly string[]): RecordedEvent => ({ type: 'roll call', hosts, at })

const part = fc
  .tuple(fc.nat(59), fc.nat(60), fc.boolean())
  .map(([first, last, isTurned]) => (isTurned ? all.slice(first, last).reverse() : all.slice(first, last)))
const list = fc
  .array(fc.oneof(part, fc.constantFrom(['other'], ['__proto__'], ['web3', 'web3'])), { maxLength: 4 })
  .map((parts) => parts.flat())
const lists = fc.dictionary(fc.constantFrom('answered', 'silent', '__proto__'), list)
const event: fc.Arbitrary<RecordedEvent> = fc.oneof(
  list.map(opened),
  list.map(rollCall),
  list.map((hosts): RecordedEvent => ({ type: 'closed', obligation: 'x', hosts, at })),
  list.map((hosts): RecordedEvent => ({ type: 'wave', name: '5%', hosts, at })),
  list.map((hosts): RecordedEvent => ({ type: 'out', hosts, at })),
  list.map((hosts): RecordedEvent => ({ type: 'restoring', package: 'web', hosts, at })),
  list.map((attempted): RecordedEvent => ({ type: 'went on', out: {}, attempted, at })),
  lists.map((versions): RecordedEvent => ({ type: 'had', package: 'web', versions, at })),
  lists.map((versions): RecordedEvent => ({ type: 'became', package: 'web', versions, at })),
  lists.map((outcomes): RecordedEvent => ({
    type: 'answered',
    requestId: 'r',
    interrupted: false,
    at,
    outcomes,
  })),
  list.map((hosts): RecordedEvent => ({
    type: 'asked',
    step: 's',
    line: 1,
    requestId: 'r',
    agent: 'a',
    action: 'b',
    inputs: {},
    at,
    mutating: true,
    hosts,
  })),
  list.map((hosts): RecordedEvent => ({
    type: 'planned',
    step: 's',
    line: 1,
    resource: 'package web',
    temporary: false,
    at,
    fates: [{ from: '1', to: null, hosts }],
  })),
)

describe('the hosts in a journal', () => {
  const written = (events: readonly RecordedEvent[]) => {
    const places = new HostPlaces()
    return events.map((each) => JSON.stringify(places.write(each)))
  }
  const read = (lines: readonly string[]) => {
    const reader = eventReader()
    return lines.map((line) => reader(JSON.parse(line) as Record<string, unknown>))
  }

  it('are read by their names, in their order, as the run had them', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), (later) => {
        const events = [rollCall(all.slice(0, 40)), ...later]
        expect(read(written(events))).to.deep.equal(events.map((entry) => ({ entry })))
      }),
      { numRuns: 500 },
    )
  })

  it('take the same room for all hosts of a roll call as for a few', () => {
    const [, few = '', many = ''] = written([
      rollCall(all),
      opened(['a', ...all.slice(0, 15)]),
      opened([...all.slice(5), 'a', ...all]),
    ])
    expect(JSON.parse(few)).to.deep.include({ hosts: ['a', ...all.slice(0, 15)] })
    expect(JSON.parse(many)).to.deep.include({ hosts: [[5, 59], 'a', [0, 59]] })
  })

  it('are not known where a place is in no roll call before, and nothing else is taken for them', () => {
    for (const hosts of [[[0, 60]], [[3, 1]], [[0, 99_999_999_999]]])
      expect(
        read([JSON.stringify(rollCall(all)), JSON.stringify({ ...opened([]), hosts })])[1],
      ).to.deep.equal({
        fault: 'has an entry "opened" of hosts that no roll call before it has',
      })
    for (const hosts of [[[0]], [[0, 1.5]], [[-1, 1]], [['0', '1']], [3], 'web1', null, { 0: 1 }])
      expect(
        read([JSON.stringify(rollCall(all)), JSON.stringify({ ...opened([]), hosts })])[1],
      ).to.deep.equal({
        fault: 'has an entry "opened" of another shape',
      })
  })
})
