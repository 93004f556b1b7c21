import { expect } from 'chai'
import { journalText } from '../testing/journal_text'
import { Scratch } from '../testing/scratch'
import { discardLocksOfEnded } from './left_locks'
import type { Holder } from './lock_store'

const AT = '2026-11-23T05:00:00.000Z'
const CUT_OFF = 'cut off'

describe('locks that an ended run could not give back', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  function journal(run: string, ...entries: object[]): void {
    const began = {
      type: 'run',
      feature: 'x.feature',
      hash: 'ab',
      mode: 'live',
      environment: 'test',
      pid: 1,
      order: 1,
    }
    const lines = [{ type: 'journal', version: 1 }, began, ...entries].map((entry) =>
      JSON.stringify({ at: AT, ...entry }),
    )
    scratch.write(`live/${run}.journal.ndjson`, journalText(...lines))
  }

  async function discarded(...holders: readonly Pick<Holder, 'run' | 'state'>[]): Promise<string[]> {
    const gone: string[] = []
    const list = holders.map((each) => ({
      feature: 'x',
      fleet: 'f',
      hosts: ['web1'],
      user: 'u',
      machine: 'm',
      pid: 1,
      since: AT,
      ...each,
    }))
    await discardLocksOfEnded(scratch.path, (reason) => reason === CUT_OFF, {
      list: async () => list,
      discard: async (run) => gone.push(run) > 0,
    })
    return gone
  }
  const ended = (reason = '') => ({ type: 'rollouts ended', passed: reason === '', reason })
  const out = { type: 'opened', obligation: 'blocks 192.168.1.1', hosts: ['web1'] }

  it('are given back, also those of a run that failed', async () => {
    journal('passed', ended())
    journal('failed', ended('a line failed'))
    expect(
      await discarded({ run: 'passed', state: 'process gone' }, { run: 'failed', state: 'lease expired' }),
    ).to.deep.equal(['passed', 'failed'])
  })

  it('stay where a host is out, an end is missing or cut off, the process lives, or the run is of another place', async () => {
    journal('out', out, ended('a line failed'))
    journal('endless')
    journal('cut', ended(CUT_OFF))
    journal('alive', ended())
    expect(
      await discarded(
        { run: 'out', state: 'process gone' },
        { run: 'endless', state: 'process gone' },
        { run: 'cut', state: 'process gone' },
        { run: 'alive', state: 'alive' },
        { run: 'elsewhere', state: 'lease expired' },
      ),
    ).to.deep.equal([])
  })
})
