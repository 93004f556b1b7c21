import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { isRefName, MAX_REF_BYTES } from './ref_name'

describe('the name of a ref', () => {
  const HOSTILE = [
    '',
    '/',
    '@',
    'main',
    'refs/heads/',
    '/refs/heads/a',
    'refs//a',
    'refs/heads/.a',
    'refs/heads/a.lock',
    'refs/heads/a.lock/b',
    'refs/heads/a.lockb',
    'refs/heads/a..b',
    'refs/heads/a.',
    'refs/a./b',
    'refs/heads/a b',
    'refs/heads/a\tb',
    'refs/heads/a\nb',
    'refs/heads/a\u007fb',
    'refs/heads/a~1',
    'refs/heads/a^',
    'refs/heads/a:b',
    'refs/heads/a?',
    'refs/heads/a*',
    'refs/heads/a[b]',
    'refs/heads/a\\b',
    'refs/heads/a@{1}',
    'refs/heads/@',
    'refs/heads/-x',
    '--upload-pack=touch/x',
    'refs/heads/$(id)',
    'refs/heads/../../x',
    'refs/heads/ä',
    'refs/heads/\u0085',
    'refs/heads/\u202eb',
    "refs/heads/';x",
  ]

  for (const name of HOSTILE)
    it(`is one or none as git itself says: ${JSON.stringify(name)}`, () => {
      expect(isRefName(name)).to.equal(isOneForGit(name))
    })

  it('is one or none as git itself says, for any text @long', () => {
    const piece = fc.oneof(
      fc.constantFrom(...'/.@{}~^:?*[]\\ \t\u007f-ab', '..', '.lock', '@{', 'refs/heads/', 'ü', '\u{1f600}'),
      fc.string({ maxLength: 3, unit: 'grapheme' }),
    )
    const texts = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(texts, (text) => {
        fc.pre(!text.includes('\0'))
        expect(isRefName(text)).to.equal(isOneForGit(text))
      }),
      { numRuns: 300 },
    )
  })

  it('is none with an end of text in it, with half a letter, or when it is very long', () => {
    expect(isRefName('refs/heads/a\0b')).to.equal(false)
    expect(isRefName('refs/heads/\ud800')).to.equal(false)
    expect(isRefName(`refs/heads/${'ä'.repeat(MAX_REF_BYTES / 2)}`)).to.equal(false)
    expect(isRefName(`refs/heads/${'a'.repeat(50_000_000)}`)).to.equal(false)
  })
})

function isOneForGit(text: string): boolean {
  return spawnSync('git', ['check-ref-format', text]).status === 0
}
