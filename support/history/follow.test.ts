import { join } from 'node:path'
import { expect } from 'chai'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { FileLog } from './file_log'
import { followLog } from './follow'
import { NO_ENTRY, type HistoryLog, type LogEntry, type ShippedRecord } from './log'
import { markOf } from './ship'

describe('A copy of a log', () => {
  let scratch: Scratch
  let log: FileLog
  let copy: FileLog
  beforeEach(async () => {
    scratch = new Scratch()
    log = new FileLog(join(scratch.path, 'log'))
    copy = new FileLog(join(scratch.path, 'copy'))
    await log.appendJournal('o', 'r', 0, Buffer.from('journal'))
    await log.append(record, NO_ENTRY)
  })
  afterEach(() => scratch.remove())

  const record: ShippedRecord = {
    environment: 'prod',
    origin: 'o',
    run: 'r',
    revision: 0,
    record: '{}',
    feature: null,
    journal: markOf(Buffer.from('journal')),
  }
  /** The log as somebody has altered it. */
  const altered = (change: Partial<LogEntry>): HistoryLog =>
    new Proxy(log, {
      get: (_, name: keyof HistoryLog) =>
        name === 'read'
          ? async (...args: [string, number]) =>
              (await log.read(...args)).map((entry) => ({ ...entry, ...change }))
          : (log[name] as (...given: unknown[]) => unknown).bind(log),
    })

  for (const change of [
    { record: '{"other":1}' },
    { origin: 'x' },
    { run: 'x' },
    { revision: 1 },
    { feature: Buffer.from('x') },
    { journal: null },
    { environment: 'test' },
    { chain: 'x' },
    { sequence: 2 },
  ] satisfies Partial<LogEntry>[])
    it(`takes no entry whose ${Object.keys(change).join()} was altered`, async () => {
      const refused = await failure(followLog(altered(change), copy))
      expect(refused.message).to.match(/is not what a control host has written: somebody has altered it/)
      expect(await copy.read('prod', 0)).to.deep.equal([])
    })

  it('does not go on from another entry than it has', async () => {
    await followLog(log, copy)
    const refused = await failure(followLog(new FileLog(join(scratch.path, 'empty')), copy))
    expect(refused.message).to.match(/no longer has entry 1 of prod .* the database was set back/)
  })
})
