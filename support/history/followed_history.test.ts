import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { aRecord } from '../testing/a_record'
import { Scratch } from '../testing/scratch'
import { FileLog } from './file_log'
import { FollowedHistory } from './followed_history'
import { localRecords } from './local_records'
import { shipRecords } from './ship'
import { HistoryStore } from './store'

describe('A history that is read again and again', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const at = (...names: string[]) => join(scratch.path, ...names)
  const write = (host: string, run: string) =>
    new HistoryStore(at(host)).write(
      { ...aRecord(), run },
      { feature: Buffer.from(`Feature: ${run}\n`), journal: scratch.write('journal', run) },
    )
  const ship = (host: string) =>
    shipRecords(
      new FileLog(at('log')),
      host,
      localRecords(new HistoryStore(at(host)), host, at(`${host}-shared`)).records,
    )
  const follow = () => new FollowedHistory(at('a'), () => ({ origin: 'a', folder: at('log') }))
  const runsIn = (history: FollowedHistory) => history.read().runs.map(({ run }) => run)

  it('has what others share from the moment that it is copied, with its text, and gives the same answer while nothing is new', async () => {
    write('a', 'run-1')
    const history = follow()
    expect(runsIn(history)).to.deep.equal(['run-1'])
    write('b', 'run-2')
    await ship('a')
    await ship('b')
    const read = history.read()
    expect(read.runs.map(({ run }) => run)).to.deep.equal(['run-1', 'run-2'])
    expect(read.runs.map((run) => String(history.textOf(run)))).to.deep.equal([
      'Feature: run-1\n',
      'Feature: run-2\n',
    ])
    expect(history.read()).to.equal(read)
  })

  it('reads another copy anew, and says why where one cannot be read', async () => {
    write('b', 'run-2')
    await ship('b')
    const history = follow()
    expect(runsIn(history)).to.deep.equal(['run-2'])
    renameSync(at('log'), at('log.set-aside-1'))
    expect(runsIn(history)).to.deep.equal([])
    write('c', 'run-3')
    await ship('c')
    expect(runsIn(history)).to.deep.equal(['run-3'])
    const damaged = new FollowedHistory(at('a'), () => ({ origin: 'a', folder: at('log') }))
    writeFileSync(at('log', 'entries', 'prod', '000000000000001.json'), '{}')
    expect(damaged.read().notKnown).to.match(/is not the entry 1 of a shared history/)
  })
})
