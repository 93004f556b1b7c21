import { expect } from 'chai'
import { Scratch } from '../../../testing/scratch'
import { readModules } from './modules'

const [COMMIT, OTHER] = [
  '67a2e361389b7dd0bf5d6d381fcc91e43cd35b1b',
  '40a2a3f034c02ac6f10293ae5c9d96ae668c8108',
]

describe('the modules of a folder of code', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  const deployed = (sha: string, version: string) =>
    scratch.write(
      '.r10k-deploy.json',
      JSON.stringify({
        name: 'main',
        module_deploys: [
          { name: 'beta', version, sha },
          { name: 'own', sha: null },
        ],
      }),
    )
  const beta = () => readModules(scratch.path).modules.map(({ commit, tags }) => ({ commit, tags }))

  it('are at the tag that r10k has deployed, although its clone does not know it, as of one that was there before', () => {
    // As r10k 3.15.4 leaves a module that it has brought to a new tag.
    scratch.write('modules/beta/.git/HEAD', `${COMMIT}\n`)
    scratch.write('modules/beta/.git/packed-refs', `${OTHER} refs/tags/first\n`)
    deployed(COMMIT, 'third')
    expect(beta()).to.deep.equal([{ commit: COMMIT, tags: ['third'] }])
    // Another commit was checked out since: the record says nothing of it.
    deployed(OTHER, 'third')
    expect(beta()).to.deep.equal([{ commit: COMMIT, tags: [] }])
  })

  it('are at the commit of that record where they have no git of their own', () => {
    scratch.write('modules/beta/metadata.json', '{}')
    deployed(COMMIT, 'third')
    expect(beta()).to.deep.equal([{ commit: COMMIT, tags: ['third'] }])
  })
})
