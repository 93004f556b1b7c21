import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { openHistory } from './open_history'

describe('A history whose database is away', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  it('is read where nothing can be written, and says that it is not everything', async () => {
    // Nothing listens on this socket, and a file is where the folder of the state would be.
    const config = scratch.write('lockstep.yaml', `history: { postgresql: { host: ${scratch.path} } }\n`)
    const state = join(scratch.path, 'state')
    writeFileSync(state, '')
    const history = join(scratch.path, 'history')
    const known = await openHistory({ config, env: {}, folders: { state, history } })
    expect(known.all()).to.deep.equal({ runs: [], damaged: [] })
    expect(known.notKnown).to.match(
      /cannot be used: .*; of other control hosts, only the runs that were read before/,
    )
  })
})
