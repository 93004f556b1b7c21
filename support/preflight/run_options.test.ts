import { expect } from 'chai'
import { faultOfOptions, type ResolvedOptions } from './run_options'

const USUAL: ResolvedOptions = {
  dryRun: false,
  order: 'defined',
  shard: '',
  parallel: 0,
  retry: 0,
  failFast: true,
  worldParameters: {},
  plugins: [],
  tags: '',
  names: [],
  paths: [],
}

describe('the options of a run', () => {
  it('are fine where a rollout is run once, whole, and in order', () => {
    expect(faultOfOptions(USUAL, {})).to.equal(undefined)
  })

  const wrong: [Partial<ResolvedOptions>, string][] = [
    [{ dryRun: true }, 'with --dry-run'],
    [{ order: 'reverse' }, 'leave out --order reverse'],
    [{ shard: '1/2' }, 'leave out --shard 1/2'],
    [{ parallel: 1 }, 'leave out --parallel'],
    [{ retry: 1 }, 'leave out --retry'],
    [{ failFast: false }, 'leave out failFast: false'],
    [{ worldParameters: { mode: 'live' } }, 'and the worldParameters "live"'],
  ]
  for (const [options, said] of wrong)
    it(`are refused with ${JSON.stringify(options)}`, () => {
      expect(faultOfOptions({ ...USUAL, ...options }, {})).to.contain(said)
    })

  it('may have any order where features are only read, and are refused where those would run', () => {
    const reading = { ...USUAL, worldParameters: { mode: 'lint' as const }, order: 'random:7' }
    expect(faultOfOptions({ ...reading, dryRun: true }, { mode: 'lint' })).to.equal(undefined)
    expect(faultOfOptions(reading, { mode: 'lint' })).to.contain('read them with -p lint')
  })
})
