import { expect } from 'chai'
import { faultsOfRelease, type ReleaseState } from './release_faults'

const GOOD: ReleaseState = {
  version: '1.2.0',
  changelog: '# Changelog\n\n## [1.2.0] - 2030-01-01\n\n### Added\n',
  changed: [],
  tags: ['v1.1.0'],
  tagsHere: [],
  ofTag: undefined,
}

describe('a release', () => {
  const faults = (change: Partial<ReleaseState>) =>
    faultsOfRelease({ ...GOOD, ...change })
      .map(({ text }) => text)
      .join('\n')

  it('is made of a clean tree, a version of the changelog, and a tag that is new', () =>
    expect(faults({})).to.equal(''))

  it('is refused for a tree that is not clean, by the names of the files', () => {
    expect(faults({ changed: [' M a.ts', '?? b.ts'] })).to.contain('not clean: a.ts, b.ts;')
    expect(faults({ changed: Array.from({ length: 7 }, () => ' M a.ts') })).to.contain('and 2 more')
  })

  it('is refused for a version that the changelog does not have as a heading', () => {
    for (const changelog of ['## [Unreleased]\n', 'see ## [1.2.0]\n', '## [1.2.0-rc]\n', '## [11.2.0]\n'])
      expect(faults({ changelog }), changelog).to.contain('CHANGELOG.md has no heading ## [1.2.0]')
    expect(faults({ changelog: '## [1.2.0]' })).to.equal('')
  })

  it('is refused for a tag that exists', () =>
    expect(faults({ tags: ['v1.2.0'] })).to.contain('the tag v1.2.0 exists'))

  it('of a tag needs exactly that tag, at the commit', () => {
    const tags = ['v1.2.0']
    expect(faults({ ofTag: 'v1.2.0', tags, tagsHere: tags })).to.equal('')
    expect(faults({ ofTag: 'v1.2.0', tags })).to.contain('not at the commit')
    expect(faults({ ofTag: 'v1.3.0', tags, tagsHere: ['v1.3.0'] })).to.contain('is not v1.2.0')
  })

  it('tells all that is wrong at once', () =>
    expect(faultsOfRelease({ ...GOOD, changed: [' M a'], changelog: '', tags: ['v1.2.0'] })).to.have.length(
      3,
    ))
})
