import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { contracts } from '.'
import { inputFault } from './contract'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'

const fault = (inputs: { repository?: string; tag?: string; commit?: string }) =>
  inputFault(contracts.git.actions.deploy, { repository: 'website', tag: 'v1', commit: COMMIT, ...inputs })

describe('what a message says to the git agent', () => {
  for (const tag of ['v1', '4.2.6', 'release/2026-11', 'v1.0+build_7', 'A'])
    it(`may be the tag ${tag}`, () => expect(fault({ tag })).to.equal(undefined))

  const hostile = [
    '',
    '--upload-pack=x',
    '-x',
    '../x',
    'a..b',
    'a/../b',
    'a//b',
    '/a',
    'a/',
    'a/.b',
    'a.lock',
  ]
  hostile.push(
    'a.lock/b',
    'a.',
    'v1\n',
    '\nv1',
    'v1\0',
    'v 1',
    'v1~1',
    'v1^{}',
    'a:b',
    'a?',
    'a*',
    'a[b',
    'a\\b',
  )
  hostile.push(
    '@',
    'a@{1}',
    'ü',
    'v１',
    'а',
    '$(x)',
    '`x`',
    'x;y',
    "x'",
    COMMIT,
    'f'.repeat(64),
    'a'.repeat(101),
  )
  for (const tag of hostile)
    it(`may not be the tag ${JSON.stringify(tag)}`, () => expect(fault({ tag })?.kind).to.equal('invalid'))

  for (const commit of [
    'abc',
    'HEAD',
    COMMIT.toUpperCase(),
    `${COMMIT}\n`,
    `${COMMIT}0`,
    `-${COMMIT.slice(1)}`,
  ])
    it(`may not be the commit ${JSON.stringify(commit)}`, () =>
      expect(fault({ commit })?.kind).to.equal('invalid'))

  it('may be a whole commit id of either length', () => {
    expect(fault({ commit: COMMIT })).to.equal(undefined)
    expect(fault({ commit: 'f'.repeat(64) })).to.equal(undefined)
  })

  for (const repository of ['', '..', 'a/b', 'A', '-a', 'a.git', 'file:///etc', 'ext::sh'])
    it(`may not be the repository ${JSON.stringify(repository)}`, () =>
      expect(fault({ repository })?.kind).to.equal('invalid'))

  it('is a tag that git takes for a name, and no option or path upwards, for any text', () => {
    const letters = fc.constantFrom(...'ab0Z.-_+/@{~^:?*[\\ \n\u0000ü'.split(''), '.lock', '..', 'HEAD')
    const anyTag = fc.oneof(
      fc.string(),
      fc.array(letters, { maxLength: 8 }).map((parts) => parts.join('')),
    )
    const accepted = new Set<string>()
    fc.assert(
      fc.property(anyTag, (tag) => {
        if (fault({ tag }) !== undefined) return
        accepted.add(tag)
        expect(tag).to.match(/^[A-Za-z0-9]/)
        expect(tag.split('/')).not.to.include('..')
      }),
      { numRuns: 2_000 },
    )
    const some = [...accepted].slice(0, 40)
    for (const tag of some) execFileSync('git', ['check-ref-format', `refs/tags/${tag}`])
    expect(some.length).to.be.greaterThan(5)
  })
})
