import { expect } from 'chai'
import { progressOf } from './progress'
import type { JournalEntry } from './journal_entry'

const all = ['a', 'b', 'c']
const rollCall: JournalEntry = { type: 'roll call', hosts: all }
const scenario = (scenarioId: string): JournalEntry => ({ type: 'scenario', scenarioId, name: scenarioId })
const passed = (scenarioId: string): JournalEntry => ({ type: 'scenario passed', scenarioId })
const wave = (...hosts: string[]): JournalEntry => ({ type: 'wave', name: 'w', hosts })
const asked = (mutating: boolean, ...hosts: string[]): JournalEntry => ({
  type: 'asked',
  step: 's',
  line: 1,
  requestId: 'r',
  agent: 'package',
  action: 'update',
  inputs: {},
  mutating,
  hosts,
})
const one = [rollCall, scenario('1'), wave('a'), asked(true, 'a'), passed('1')]
const notDone = (...entries: JournalEntry[]) => progressOf(entries).notDone(false)

describe('which hosts are done', () => {
  it('is known of those whose wave came to its end', () => {
    expect(notDone(rollCall)).to.deep.equal(all)
    expect(notDone(...one)).to.deep.equal(['b', 'c'])
    expect(notDone(...one, scenario('2'), wave('b'), asked(true, 'b'))).to.deep.equal(['b', 'c'])
    expect(progressOf([rollCall, scenario('1'), passed('1')]).notDone(true)).to.deep.equal([])
  })

  it('excludes hosts that were ordered to go back, failed, or are out of rotation', () => {
    expect(notDone(...one, { type: 'restoring', package: 'web', hosts: ['a'] })).to.deep.equal(all)
    expect(notDone(...one, { type: 'out', hosts: ['a'] })).to.deep.equal(all)
    const opened: JournalEntry = { type: 'opened', obligation: 'blocks', hosts: ['a'] }
    expect(notDone(...one, opened)).to.deep.equal(all)
    expect([...progressOf([...one, opened]).undone]).to.deep.equal(['a'])
    const closed: JournalEntry = { ...opened, type: 'closed' }
    expect(notDone(...one, opened, closed)).to.deep.equal(['b', 'c'])
    expect(progressOf([...one, { type: 'out', hosts: ['a'] }]).notDone(true)).to.deep.equal(['a'])
  })

  it('ends with a scenario in no wave that sent orders, or that came behind the last wave, and did not pass', () => {
    expect(notDone(...one, scenario('2'), asked(false, ...all))).to.deep.equal(['b', 'c'])
    expect(notDone(...one, scenario('2'), asked(true, ...all))).to.deep.equal(all)
    const rest = [scenario('2'), wave('b', 'c'), passed('2')]
    expect(notDone(...one, ...rest)).to.deep.equal([])
    expect(notDone(...one, ...rest, scenario('3'), asked(false, ...all))).to.deep.equal(all)
    expect(notDone(...one, ...rest, scenario('3'), asked(true, ...all), passed('3'))).to.deep.equal([])
  })
})
