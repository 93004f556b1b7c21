import { expect } from 'chai'
import fc from 'fast-check'
import { reasonOf } from '../../../testing/failure'
import { parsePuppetfile } from './puppetfile'

const declaredIn = (text: string) =>
  parsePuppetfile(text).declared.map(({ line, name, full, kind, value }) =>
    [line, full || name, kind, value].filter((each) => each !== '').join(' '),
  )

describe('a Puppetfile', () => {
  it('declares modules by version, commit and tag', () => {
    expect(
      declaredIn(`forge 'https://forge.example.net' # where
mod 'puppetlabs/apache', '12.0.1'
mod('puppetlabs-stdlib', "9.4.1-rc1")
mod 'ntp',
  :git    => 'https://git.example.net/ntp.git',
  :commit => '0123456789abcdef0123456789abcdef01234567'
mod 'web', git: 'https://git.example.net/web.git', tag: 'v1.2', exclude_spec: true
mod 'own', { local: true }
mod 'data', git: 'x', ref: '0123456789abcdef0123456789abcdef01234567',

__END__
not read
`),
    ).to.deep.equal([
      '2 puppetlabs-apache version 12.0.1',
      '3 puppetlabs-stdlib version 9.4.1-rc1',
      '4 ntp commit 0123456789abcdef0123456789abcdef01234567',
      '7 web tag v1.2',
      '8 own present',
      '9 data commit 0123456789abcdef0123456789abcdef01234567',
    ])
  })

  it('is not judged by what moves, or by what is not known', () => {
    expect(
      declaredIn(`mod 'a/b', :latest
mod 'a/c'
mod 'a/d', nil
mod 'e', git: 'x', branch: 'main'
mod 'f', git: 'x'
mod 'g', git: 'x', ref: 'v1'
mod 'h', svn: 'x', rev: '1'
mod 'i', git: 'x', tag: 'v1', branch: 'main'
mod 'j', git: 'x', commit: '0123456789', install_path: 'site'
mod 'k', git: 'x', commit: '0123456789', default_branch_override: 'main'
mod 'l', 'git' => 'x', commit: '0123456789'
`).every((each) => each.includes(' not judged ')),
    ).to.equal(true)
  })

  for (const [what, text] of [
    ['code of ruby', "require 'yaml'\nmod 'a/b', '1.0.0'\n"],
    ['a variable', "v = '1.0.0'\nmod 'a/b', v\n"],
    ['a text that is worked out', 'mod "a/#{`id`}", "1.0.0"\n'],
    ['an escape', 'mod "a\\/b", "1.0.0"\n'],
    ['a block', "BEGIN { mod 'a/b' }\n"],
    ['a condition', "mod 'a/b', '1.0.0' if false\n"],
    ['two on one line', "mod 'a/b', '1.0.0'; mod 'a/c', '1.0.0'\n"],
    ['a comment of several lines', "=begin\nmod 'a/b'\n=end\n"],
    ['a text of several lines', "mod 'a/b', <<X\n1.0.0\nX\n"],
    ['an argument too many', "mod 'a/b', '1', '2'\n"],
    ['a module twice', "mod 'a/b', '1.0.0'\nmod 'c/b', '1.0.0'\n"],
    ['another encoding', "# coding: euc-jp\nmod 'a/b', '1.0.0'\n"],
    ['a folder elsewhere', "moduledir '../x'\n"],
    ['half of it', "mod 'a/b',"],
    ['no name', "mod 'a b', '1.0.0'\n"],
    ['an option twice', "mod 'a', git: 'x', tag: 'a', tag: 'b'\n"],
  ] as const)
    it(`with ${what} is not judged`, async () => {
      expect(await reasonOf(Promise.resolve().then(() => parsePuppetfile(text)))).to.match(
        /line \d+|written in euc-jp/,
      )
    })

  it('of any text is read or refused, and never read as more modules than it has lines', () => {
    const piece = fc.constantFrom(
      'mod',
      "'a/b'",
      "'1.0.0'",
      ',',
      '\n',
      ' ',
      '(',
      ')',
      '{',
      '}',
      'git:',
      '=>',
      ':x',
      '#',
      '"',
      '\\',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('')
        let count = 0
        try {
          count = parsePuppetfile(text).declared.length
        } catch (error) {
          expect((error as Error).message).to.match(/^line \d+/)
        }
        expect(count).to.be.at.most(text.split('\n').length)
      }),
    )
  })
})
