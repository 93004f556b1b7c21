import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import { aRecord, aChange } from '../testing/a_record'
import { Scratch } from '../testing/scratch'
import type { HistoryEntry } from './history_record'
import { HistoryStore, safe } from './store'

describe('the store of records', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const read = (...path: string[]) =>
    JSON.parse(readFileSync(join(scratch.path, 'reports', ...path), 'utf8')) as Record<string, unknown>
  const opened = () => new HistoryStore(join(scratch.path, 'reports'))
  const write = (store: HistoryStore, change: Partial<HistoryEntry> = {}) => {
    const journal = scratch.write('journal', 'the journal')
    return store.write({ ...aRecord(), ...change }, { feature: Buffer.from('Feature: X'), journal })
  }

  it('leads from a host, a release and a ticket to the run', () => {
    const store = opened()
    write(store)
    expect(read('prod', '1.2', 'live', 'a.json')).to.deep.include({ host: 'a', release: '1.2' })
    expect(read('prod', '1.2', 'index.json')).to.deep.include({ tickets: ['OPS-1'] })
    expect(read('tickets', 'OPS-1', 'run-1.json')).to.deep.include({ run: 'run-1', environment: 'prod' })
    expect(existsSync(join(scratch.path, 'reports', 'prod', '1.2', 'live', 'c.json'))).to.equal(false)
    expect(store.all().runs.map(({ run }) => run)).to.deep.equal(['run-1'])
    const { feature } = store.evidenceOf({ environment: 'prod', release: '1.2', run: 'run-1' })
    expect(readFileSync(feature, 'utf8')).to.equal('Feature: X')
    expect(readdirSync(join(scratch.path, 'reports', 'prod', '1.2', 'runs'))).to.have.length(3)
  })

  it('reads a record again that another process has written anew, and keeps what has not changed', () => {
    const store = opened()
    write(opened(), { outcome: 'cut off' })
    const [before] = store.all().runs
    expect(before?.outcome).to.equal('cut off')
    expect(store.all().runs[0]).to.equal(before)
    write(opened(), { outcome: 'passed' })
    expect(store.all().runs.map(({ outcome }) => outcome)).to.deep.equal(['passed'])
  })

  it('says that it cannot be read, and not that it is empty', () => {
    expect(opened().all().runs).to.deep.equal([])
    write(opened())
    scratch.write('reports/prod/notes.txt', 'a file among releases is none')
    expect(opened().releasesOf('prod')).to.deep.equal(['1.2'])
    const instead = (...path: string[]) => {
      rmSync(join(scratch.path, 'reports', ...path), { recursive: true })
      scratch.write(join('reports', ...path), 'no folder')
    }
    const unread = /the history in .* cannot be listed: ENOTDIR.*; nothing can be said of its releases/
    instead('prod', '1.2', 'runs')
    expect(() => opened().releasesOf('prod')).to.throw(unread)
    expect(() => opened().read('prod', '1.2')).to.throw(unread)
    instead('prod')
    expect(() => opened().releasesOf('prod')).to.throw(unread)
    rmSync(join(scratch.path, 'reports'), { recursive: true })
    scratch.write('reports', 'no folder')
    expect(() => opened().all()).to.throw(unread)
  })

  it('keeps what other runs did to a host, and a run that is written twice once', () => {
    const store = opened()
    write(store)
    write(store, { run: 'run-2' })
    write(store, { run: 'run-2' })
    const { runs } = read('prod', '1.2', 'live', 'a.json') as { runs: { run: string }[] }
    expect(runs.map(({ run }) => run)).to.deep.equal(['run-1', 'run-2'])
    expect(store.runsOf('prod', '1.2')).to.have.length(2)
  })

  it('has runs in the order in which they ended, not that of their names, and knows the release that was recorded last', () => {
    const store = opened()
    write(store, { run: 'b', release: '9', ended: '2026-11-20T08:00:00.000Z' })
    write(store, { run: 'a', release: '10', ended: '2026-11-21T08:00:00.000Z' })
    write(store, { run: 'z', release: '10', ended: '2026-11-21T07:00:00.000Z' })
    expect(store.releasesOf('prod')).to.deep.equal(['9', '10'])
    expect(store.runsOf('prod', '10').map(({ run }) => run)).to.deep.equal(['z', 'a'])
  })

  it('names a record that is damaged or lacks something, beside what can be read', () => {
    const store = opened()
    write(store)
    scratch.write('reports/prod/1.2/runs/zzz.json', '{"run":')
    scratch.write('reports/prod/1.2/runs/yyy.json', '{"run": "yyy"}')
    const { runs, damaged } = store.read('prod', '1.2')
    expect(runs.map(({ run }) => run)).to.deep.equal(['run-1'])
    expect(damaged.sort()).to.deep.equal(
      ['yyy', 'zzz'].map((name) => join(scratch.path, 'reports', 'prod', '1.2', 'runs', `${name}.json`)),
    )
  })

  it('keeps apart what is spelt almost alike: environments, releases and hosts', () => {
    const store = opened()
    write(store, { environment: '/etc/client.cfg', changes: [aChange('a/b'), aChange('a_b')] })
    write(store, { environment: '_etc_client.cfg', run: 'run-2' })
    expect(store.runsOf('/etc/client.cfg', '1.2').map(({ run }) => run)).to.deep.equal(['run-1'])
    expect(readdirSync(join(scratch.path, 'reports', safe('/etc/client.cfg'), '1.2', 'live'))).to.have.length(
      2,
    )
    expect(store.all().runs).to.have.length(2)
  })

  it('leaves nothing half written when it cannot write', () => {
    const store = opened()
    scratch.write('reports/prod/1.2/live/a.json/folder', '')
    expect(() => write(store)).to.throw()
    expect(readdirSync(join(scratch.path, 'reports', 'prod', '1.2', 'live'))).to.deep.equal(['a.json'])
  })

  it('is complete when runs are recorded side by side @long', async () => {
    const program = scratch.write(
      'writer.ts',
      `const { HistoryStore } = require(${JSON.stringify(join(__dirname, 'store'))})
const { aRecord } = require(${JSON.stringify(join(__dirname, '..', 'testing', 'a_record'))})
const store = new HistoryStore(${JSON.stringify(join(scratch.path, 'reports'))})
for (let n = 0; n < 25; n += 1)
  store.write({ ...aRecord(), run: process.argv[2] + n }, { feature: Buffer.from(''), journal: __filename })`,
    )
    const cwd = join(__dirname, '..', '..')
    const env = {
      ...process.env,
      TS_NODE_TRANSPILE_ONLY: 'true',
      TS_NODE_PROJECT: join(cwd, 'tsconfig.json'),
    }
    const begin = (name: string) =>
      promisify(execFile)(process.execPath, ['-r', 'ts-node/register', program, name], { cwd, env })
    await Promise.all(['one', 'two', 'three'].map(begin))
    const names = (list: unknown) => (list as { run: string }[]).map(({ run }) => run)
    expect(names(read('prod', '1.2', 'index.json')['runs'])).to.have.length(75)
    expect(names(read('prod', '1.2', 'live', 'a.json')['runs'])).to.have.length(75)
  })

  it('keeps every name within its folder, and any two apart', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, other) => {
        expect(safe(name)).to.match(/^[\w.+-]+$/)
        expect(['', '.', '..']).not.to.include(safe(name))
        if (name !== other) expect(safe(name)).not.to.equal(safe(other))
      }),
    )
    expect(safe('../../etc')).to.match(/^\.\._\.\._etc-[0-9a-f]{8}$/)
    expect(safe('web1.example.net')).to.equal('web1.example.net')
  })
})
