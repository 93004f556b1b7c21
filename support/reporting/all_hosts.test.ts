import { expect } from 'chai'
import type { RunState } from '../run/run_state'
import { BEGAN } from '../testing/fake_fleet'
import { begunRun } from '../testing/told_run'
import { describeAll, describeAllOfRun } from './all_hosts'

describe('the words for a whole roll call', () => {
  it('are of all its hosts, in any order and however often one is named', async () => {
    expect(describeAll(await runOf(['web1', 'web2']), ['web2', 'web1', 'web2'], 'a.feature')).to.equal(
      'all 2 hosts',
    )
  })

  const cases: [string, Parameters<typeof runOf>[0], string[], string[]?][] = [
    ['a part of it', ['web1', 'web2', 'web3'], ['web1', 'web2']],
    ['one host twice', ['web1', 'web2'], ['web1', 'web1']],
    ['as many other hosts', ['web1', 'web2'], ['web1', 'db1']],
    ['more hosts than it has', ['web1', 'web2'], ['web1', 'web2', 'db1']],
    ['the only host', ['web1'], ['web1']],
    ['hosts before it is known', [], []],
    ['the hosts of a limited run', ['web1', 'web2'], ['web1', 'web2'], ['web3']],
  ]
  for (const [what, rollCall, hosts, outside] of cases)
    it(`are not those of ${what}`, async () => {
      const run = await runOf(rollCall, outside)
      expect(describeAll(run, hosts, 'a.feature')).to.equal(undefined)
    })

  it('are not said behind the lines of several features, which have several roll calls', async () => {
    const [one, two] = [await runOf(BOTH), await runOf(BOTH, [], ['a.feature', 'b.feature'])]
    expect(describeAllOfRun(one, BOTH)).to.equal('all 2 hosts')
    expect(describeAllOfRun(two, BOTH)).to.equal(undefined)
  })
})

const BOTH = ['web1', 'web2']

/** Returns a run whose first feature, of `uris`, has a roll call; hosts `outside` are beyond its limit. */
async function runOf(
  hosts: readonly string[],
  outside: readonly string[] = [],
  uris: readonly string[] = ['a.feature'],
): Promise<RunState> {
  const run = begunRun(uris.map((uri) => ({ uri, scenarioId: '1', name: 'one', tags: [], steps: [] })))
  await run.stream.append({ ...BEGAN, feature: 'a.feature' })
  if (hosts.length > 0) await run.stream.append({ type: 'roll call', hosts, outside })
  return run.state
}
