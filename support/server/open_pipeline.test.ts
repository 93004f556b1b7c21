import { expect } from 'chai'
import { readPipeline } from '../pipeline/pipeline_journal'
import { LockstepError } from '../system/errors'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { openPipeline } from './open_pipeline'

describe('the pipeline of a state folder', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  it('counts no event that another process took over before', async () => {
    let looks = 0
    const claim = {
      expectOwned() {
        looks += 1
        if (looks > 1) throw new LockstepError('lock-failed', 'another one has taken over')
      },
      release: async () => {},
    }
    const pipeline = openPipeline(scratch.path, claim, () => 0)
    const told: string[] = []
    pipeline.onEvent(({ type }) => told.push(type))
    const push = { delivery: 'd1', repository: 'website', by: null, changes: [] }
    const refused = await failure(pipeline.append({ type: 'push taken', teller: 'hmac', ...push }))
    expect(refused.code).to.equal('lock-failed')
    expect([told, pipeline.state.isTaken('d1'), pipeline.end.entries]).to.deep.equal([[], false, 0])
    await pipeline.close()
    expect(readPipeline(scratch.path).faults).to.deep.equal([])
  })
})
