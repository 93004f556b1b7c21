import { expect } from 'chai'
import fc from 'fast-check'
import { isWanted } from './ref_globs'

describe('what starts something', () => {
  const wants = (ref: string, branches: string[], tags: string[] = []) => isWanted(ref, { branches, tags })

  for (const [name, glob, isSo] of [
    ['main', 'main', true],
    ['main2', 'main', false],
    ['domain', 'main', false],
    ['Main', 'main', false],
    ['release-1.2', 'release-*', true],
    ['release-', 'release-*', true],
    ['release', 'release-*', false],
    ['feature/a/b', 'feature/*', true],
    ['a.b', 'a?b', false],
    ['axb', 'a.b', false],
    ['aba', 'ab*ba', false],
    ['abba', 'ab*ba', true],
    ['anything/at/all', '*', true],
    ['v1.2.3', 'v*.*.*', true],
    ['v1.2', 'v*.*.*', false],
  ] as const)
    it(`is ${isSo ? '' : 'not '}the branch ${name} for ${glob}`, () => {
      expect(wants(`refs/heads/${name}`, [glob])).to.equal(isSo)
    })

  it('is no tag for a glob of branches, and no branch for a glob of tags', () => {
    expect(wants('refs/tags/main', ['*'])).to.equal(false)
    expect(wants('refs/heads/v1', [], ['*'])).to.equal(false)
    expect(wants('refs/tags/v1', [], ['v*'])).to.equal(true)
  })

  it('is no other ref, such as that of a pull request', () => {
    for (const ref of [
      'refs/pull/1/head',
      'refs/merge-requests/1/head',
      'refs/notes/x',
      'refs/headsmain',
      'main',
    ])
      expect(wants(ref, ['*'], ['*']), ref).to.equal(false)
  })

  it('is what a regular expression of the same meaning finds', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 8 })
    const globs = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '*', '*'), maxLength: 8 })
    fc.assert(
      fc.property(letters, globs, (name, glob) => {
        const pattern = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
        expect(wants(`refs/heads/${name}`, [glob])).to.equal(pattern.test(name))
      }),
      { numRuns: 2_000 },
    )
  })

  it('is told in no time for a hostile name and many stars', () => {
    expect(wants(`refs/heads/${'a'.repeat(1_000)}`, [`${'*a'.repeat(400)}b`])).to.equal(false)
  })
})
