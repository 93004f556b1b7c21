import { appendFileSync, rmSync } from 'node:fs'
import { expect } from 'chai'
import { FakeClock } from '../../testing/fake_clock'
import { journalText } from '../../testing/journal_text'
import { Scratch } from '../../testing/scratch'
import { LockstepMetrics } from './lockstep_metrics'

const OLD = '1969-12-31T23:00:00.000Z'
const NEW = '1970-01-01T00:00:10.000Z'
const HOST = ['web1']

describe('the numbers for Prometheus', () => {
  let scratch: Scratch
  let metrics: LockstepMetrics
  beforeEach(() => {
    scratch = new Scratch()
    metrics = new LockstepMetrics({
      state: scratch.path,
      environments: ['test', 'production'],
      version: '1.0',
      clock: new FakeClock(),
    })
  })
  afterEach(() => scratch.remove())

  const began = (environment: string) => [
    { type: 'run', feature: 'x', hash: '', mode: 'live', environment, pid: 1, order: 1 },
    { type: 'roll call', hosts: HOST },
  ]
  const opened = { type: 'opened', obligation: 'blocks 192.0.2.1', hosts: HOST }
  const closed = { ...opened, type: 'closed' }
  const ended = { type: 'ended', exitCode: 1, took: 5 }
  const counts = { expected: 3, answered: 1, diverged: 1, silent: 1, unexpected: 0, out: 0 }
  const verdict = { type: 'verdict', step: 's', line: 1, passed: false, counts, cohorts: [], unexpected: [] }
  const write = (run: string, at: string, ...events: readonly object[]) => {
    const lines = [{ type: 'journal', version: 1 }, ...events].map((event) =>
      JSON.stringify({ at, ...event }),
    )
    return scratch.write(`live/${run}.journal.ndjson`, journalText(...lines))
  }
  const read = async (sees: (environment: string) => boolean = () => true, isWhole = true) =>
    (await metrics.format(sees, isWhole)).split('\n')

  it('count runs, lines and hosts since the start, and have the last end of all', async () => {
    write('1', OLD, ...began('test'), verdict, ended)
    write('2', NEW, ...began('test'), verdict, ended)
    const lines = await read()
    const labels = 'environment="test",mode="live"'
    expect(lines).to.include.members([
      `lockstep_runs_total{${labels},outcome="failed"} 1`,
      `lockstep_run_last_end_timestamp_seconds{${labels},outcome="failed"} 10`,
      `lockstep_steps_total{${labels},outcome="failed"} 1`,
      `lockstep_step_hosts_total{${labels},outcome="silent"} 1`,
      'lockstep_journals_unreadable 0',
    ])
    expect(await read()).to.include(`lockstep_runs_total{${labels},outcome="failed"} 1`)
  })

  it('have the hosts that are out, until they are back', async () => {
    write('1', OLD, ...began('test'), opened)
    expect(await read()).to.include.members([
      'lockstep_hosts_out_of_rotation{environment="test"} 1',
      'lockstep_hosts_out_of_rotation{environment="production"} 0',
    ])
    write('2', NEW, ...began('test'), closed)
    expect(await read()).to.include('lockstep_hosts_out_of_rotation{environment="test"} 0')
  })

  const spoils: Readonly<Record<string, () => void>> = {
    'is damaged': () => void scratch.write('live/2.journal.ndjson', 'no journal\n'),
    'is cut off': () => appendFileSync(write('2', NEW, ...began('test')), '12345678 {"at"'),
    'is empty': () => void scratch.write('live/2.journal.ndjson', ''),
    'is of another build': () => void write('2', NEW, { type: 'something new' }),
    'is no journal': () => void scratch.write('live/notes.txt', 'x'),
  }
  for (const [what, spoil] of Object.entries(spoils))
    it(`do not say how many hosts are out while a file ${what}`, async () => {
      write('1', OLD, ...began('test'))
      expect(await read()).to.include('lockstep_hosts_out_of_rotation{environment="test"} 0')
      spoil()
      const lines = await read()
      expect(lines).to.include('lockstep_journals_unreadable 1')
      expect(lines.filter((line) => line.includes('out_of_rotation'))).to.deep.equal([])
    })

  it('do not say it where a journal with hosts out was removed', async () => {
    const path = write('1', OLD, ...began('test'), opened)
    await read()
    rmSync(path)
    const lines = await read()
    expect(lines).to.include('lockstep_journals_unreadable 1')
    expect(lines.filter((line) => line.includes('out_of_rotation'))).to.deep.equal([])
  })

  it('say nothing of an environment that a reader does not see', async () => {
    write('1', NEW, ...began('production'), opened, ended)
    write('2', NEW, ...began('test'), ended)
    const text = (await read((environment) => environment === 'test', false)).join('\n')
    expect(text).to.contain('environment="test"').and.not.to.contain('production')
  })

  it('escape what others have named, and cut it', async () => {
    write('1', NEW, ...began(`a"b\\c\nd${'x'.repeat(500)}`), ended)
    const line = (await read()).find((each) => each.startsWith('lockstep_runs_total')) ?? ''
    expect(line).to.match(
      /^lockstep_runs_total\{environment="a\\"b\\\\c\\ndx{113}",mode="live",outcome="failed"\} 1$/,
    )
  })
})
