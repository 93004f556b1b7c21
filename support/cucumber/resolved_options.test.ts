import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { faultOfOptions } from '../preflight/run_options'
import { resolveOptions } from './resolved_options'

describe('the options that cucumber resolves', () => {
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
    scratch.write(
      'cucumber.json',
      JSON.stringify({
        default: { failFast: true },
        goesOn: { failFast: false },
        half: { shard: '1/2' },
        mixed: { order: 'random:7' },
        dry: { dryRun: true },
        lint: { dryRun: true, worldParameters: { mode: 'lint' } },
        undry: { worldParameters: { mode: 'lint' } },
      }),
    )
  })
  afterEach(() => scratch.remove())

  const faultOf = async (...args: string[]) => {
    const resolved = await resolveOptions(['node', '/x/bin/cucumber-js', ...args], scratch.path)
    return resolved && faultOfOptions(resolved, {})
  }

  it('are fine as they are, and when they only choose scenarios', async () => {
    expect(await faultOf()).to.equal(undefined)
    expect(
      await faultOf('x.feature:3', '--tags', 'not @slow', '--name', 'one', '--order', 'defined'),
    ).to.equal(undefined)
  })

  it('are refused where they change the order or the completeness of a rollout, on the command line or in a profile', async () => {
    for (const [args, said] of [
      [['--order', 'random'], 'leave out --order random'],
      [['--order=random:3'], 'leave out --order random:3'],
      [['-p', 'mixed'], 'leave out --order random:7'],
      [['--shard', '2/3'], 'leave out --shard 2/3'],
      [['-p', 'half'], 'leave out --shard 1/2'],
      [['--profile=half', '-p', 'default'], 'leave out --shard 1/2'],
      [['-c', 'cucumber.json', '-pdry'], '--dry-run'],
      [['--dry-run'], '--dry-run'],
      [['--retry', '1'], 'leave out --retry'],
      [['-p', 'goesOn'], 'leave out failFast: false'],
      [['--parallel', '2'], 'leave out --parallel'],
    ] as const)
      expect(await faultOf(...args), args.join(' ')).to.contain(said)
  })

  it('are refused where the plugin gets another mode than the steps, or only reads what would run', async () => {
    const faultOfLint = async (...args: string[]) => {
      const resolved = await resolveOptions(['node', '/x/bin/cucumber-js', ...args], scratch.path)
      return resolved && faultOfOptions(resolved, { mode: 'lint' })
    }
    expect(await faultOfLint('--dry-run')).to.contain('say mode "lint", and the worldParameters "embedded"')
    expect(await faultOfLint('-p', 'lint')).to.equal(undefined)
    expect(await faultOfLint('-p', 'lint', '--order', 'random')).to.equal(undefined)
    expect(await faultOfLint('-p', 'undry')).to.contain('read them with -p lint')
    expect(await faultOf('--world-parameters', '{"mode":"live"}')).to.contain(
      'and the worldParameters "live"',
    )
  })

  it('are not known of another program', async () => {
    expect(await resolveOptions(['node', '/x/mocha.js', '--shard', '1/2'], scratch.path)).to.equal(undefined)
  })
})
