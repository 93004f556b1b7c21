import { expect } from 'chai'
import { MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { testedAs } from './build_result'
import type { BuildResult } from './events'

const COMMIT = 'a'.repeat(40)
const SEEN = { repository: 'website', ref: 'refs/heads/main', after: COMMIT, commit: COMMIT, isToBuild: true }

describe('how the tests of a commit went', () => {
  const build = async (results: readonly (BuildResult | undefined)[], repository = 'website') => {
    const log = new MemoryPipelineLog()
    await log.append({ type: 'commit seen', delivery: 'd1', ...SEEN })
    for (const [index, result] of results.entries()) {
      await log.append({ type: 'build begun', build: `b${index}`, repository: 'website', commit: COMMIT })
      if (result !== undefined)
        await log.append({ type: 'build ended', build: `b${index}`, result, why: null, seconds: 1 })
    }
    return testedAs(log.state, repository, COMMIT)
  }

  for (const [results, said] of [
    [[], 'not built'],
    [[undefined], 'running'],
    [['succeeded'], 'passed'],
    [['failed'], 'failed'],
    [['interrupted'], 'not built'],
    [['interrupted', undefined], 'running'],
    [['interrupted', 'succeeded'], 'passed'],
    [['failed', undefined], 'failed'],
    [['failed', 'interrupted'], 'failed'],
    [['failed', 'succeeded'], 'passed'],
    [['succeeded', 'failed'], 'failed'],
    [['succeeded', 'failed', 'interrupted', undefined], 'failed'],
  ] as const)
    it(`is "${said}" after the builds ${JSON.stringify(results)}`, async () => {
      expect(await build(results)).to.equal(said)
    })

  it('is not known of a commit of another repository, nor of one that was never seen', async () => {
    expect(await build(['succeeded'], 'other')).to.equal('not built')
    expect(testedAs(new MemoryPipelineLog().state, 'website', COMMIT)).to.equal('not built')
  })
})
