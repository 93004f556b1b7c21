import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { skipWithoutRuby } from '../testing/ruby'
import { inputPattern, patternFault, Patterns } from './patterns'
import { Refusal } from './refusal'

const found = (source: string, text: string) => new Patterns().matches(source, text)

describe('a pattern', () => {
  const cases: [string, string, boolean][] = [
    ['^web\\d+', 'web12.example.net', true],
    ['^\\d', 'web12', false],
    // Ruby's anchors: the ends of a line, and those of the text.
    ['^two$', 'one\ntwo\nthree', true],
    ['\\Atwo\\z', 'one\ntwo\nthree', false],
    ['two\\Z', 'one\ntwo\n', true],
    ['one.two', 'one\ntwo', false],
    ['(?m)one.two', 'one\ntwo', true],
    ['(?m-ix:one.two)', 'one\ntwo', true],
    ['(?-mix:one.two)', 'one\ntwo', false],
    ['(?i)WEB', 'web', true],
    ['^\\h+$', 'c0ffee', true],
    ['^[\\h-]+$', 'c0-ffee', true],
    ['^\\H+$', 'c0ffee', false],
    ['^a\\sb$', 'a\vb', true],
    ['^[^\\s]+$', 'a\vb', false],
    ['^a{,2}$', 'aa', true],
    ['^a{,2}$', 'aaa', false],
    ['^a{b}$', 'a{b}', true],
    ['^(?<name>a)\\b', 'a b', true],
    ['\\u00e9\\u{e9}\\xe', '\u00e9\u00e9\x0e', true],
    ['^[]a]+$', ']a', true],
    ['\\/\\-\\_', '/-_', true],
  ]
  for (const [source, text, expected] of cases)
    it(`/${source}/ is ${expected ? '' : 'not '}found in ${JSON.stringify(text)}`, () =>
      expect(found(source, text)).to.equal(expected))

  const unusable: [string, RegExp][] = [
    ['a(?=b)', /looks ahead or behind/],
    ['(?<!a)b', /looks ahead or behind/],
    ['(a)\\1', /refers back/],
    ['(?<n>a)\\k<n>', /refers back/],
    ['(?>a)', /knows no/],
    ['a++', /nested repetition/],
    ['a(?i)b', /flags in the middle/],
    ['(?x) a', /flag x/],
    ['a{2}?', /two ways/],
    ['[a&&b]', /&&/],
    ['[a[bc]]', /within another/],
    ['\\Ra', /\\R is not understood/],
    ['a\\Zb', /follows/],
    ['[', /without its ]/],
    ['(', /missing/],
    ['x{600}y{600}', /repeats more than 1000/],
    ['\\', /not understood/],
  ]
  for (const [source, why] of unusable)
    it(`/${source}/ is refused in a sentence`, () => {
      expect(() => found(source, 'ab')).to.throw(Refusal, why)
      expect(patternFault(source)).to.match(why)
    })

  it('takes time by its own size and that of the text, and by nothing else', () => {
    // Any engine that goes back needs longer for one of these than the machine lasts.
    for (const source of ['^(a+)+$', '(a|aa)+$', '(.*a){20}$', '(a|a)*b', '^(([a-z])+.)+[A-Z]([a-z])+$'])
      expect(found(source, `${'a'.repeat(5_000)}!`), source).to.equal(false)
  })

  it('is too much work when a request has too many of them, too long ones, or too long texts', () => {
    const many = new Patterns()
    expect(() => {
      for (let each = 0; each < 1_000; each += 1) many.matches(`^web${each}$`, 'web')
    }).to.throw(Refusal, 'longer than 2000 characters')
    expect(() => found('a'.repeat(2_001), 'a')).to.throw(Refusal, 'longer than 2000')
    expect(() => found('(a|b)*a(a|b){900}c', 'ab'.repeat(5_000))).to.throw(Refusal, 'too much work')
    const again = new Patterns()
    expect(() => {
      for (let each = 0; each < 100_000; each += 1) again.matches('^roles::', 'roles::web')
    }).to.throw(Refusal, 'too much work')
  })

  it('of a DDL is about the whole text, not about one of its lines', () => {
    expect(inputPattern('^[a-z]+$').test('abc')).to.equal(true)
    expect(inputPattern('^[a-z]+$').test('abc\nrm -rf')).to.equal(false)
    expect(inputPattern('^[a-z]+$').source).to.equal('^[a-z]+$')
  })

  it('with a POSIX set or the end of a word is refused for a text beyond ASCII, where Ruby means other letters', () => {
    expect(found('^[[:alpha:]]+$', 'muller')).to.equal(true)
    for (const source of ['^[[:alpha:]]+$', '[[:^alpha:]]', '[^[:word:]]', 'm\\b'])
      expect(() => found(source, 'müller'), source).to.throw(Refusal, 'means other letters in Ruby')
    expect(inputPattern('^[[:alpha:]]+$').test('müller')).to.equal(false)
    expect(found('^\\p{L}+$', 'müller')).to.equal(true)
  })

  it('throws nothing but a refusal, for any pattern', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        '?',
        '*',
        '+',
        '\\',
        '^',
        '$',
        '|',
        '(?',
        '-',
        '&&',
        '[:',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.string(), (pieces, text) => {
        try {
          expect(found(pieces.join(''), text)).to.be.a('boolean')
        } catch (error) {
          expect(error).to.be.instanceOf(Refusal)
        }
      }),
      { numRuns: 500 },
    )
  })
})

const SAID_BY_RUBY = `
  require 'json'
  STDIN.each_line do |line|
    source, text = JSON.parse(line)
    puts(begin; Regexp.new(source).match(text) ? 'yes' : 'no'; rescue RegexpError; 'refused'; end)
  end`

describe('a pattern, beside real ruby', () => {
  before(skipWithoutRuby)

  it('is found where Ruby finds it, or refused @long', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '1',
      ' ',
      '.',
      '^',
      '$',
      '\\d',
      '\\w',
      '\\s',
      '\\S',
      '\\h',
      '\\H',
      '\\A',
      '\\z',
      '\\Z',
      '\\b',
      '[ab]',
      '[^a]',
      '[\\h]',
      '[\\s1]',
      '[[:alpha:]]',
      '[[:^word:]]',
      '[^[:digit:]]',
      '\\p{L}',
      'ü',
      '[]b]',
      '\\n',
      '\\x61',
      '\\u0062',
      '\\.',
      '(a|b)',
      '(?:ab|1)',
      '(?i:A)',
      '(?m:.)',
      '(?-m:.)',
      '(?<n>a)',
      '(?=a)',
      '|',
      '{',
      '}',
      '\\e',
      '-',
    )
    const quantified = fc
      .tuple(atom, fc.constantFrom('', '', '', '*', '+', '?', '*?', '{2}', '{,2}', '{1,}', '{1,2}', '{2}?'))
      .map((pair) => pair.join(''))
    const source = fc
      .tuple(
        fc.constantFrom('', '', '(?i)', '(?m)', '(?mi)'),
        fc.array(quantified, { minLength: 1, maxLength: 5 }),
      )
      .map(([flags, parts]) => flags + parts.join(''))
    const text = fc.stringMatching(/^[abA1 \n.\v{}ü٣-]{0,8}$/).filter((each) => !each.endsWith('\n'))
    const pairs = fc.sample(fc.tuple(source, text), { numRuns: 6_000, seed: 20101120 })
    const input = pairs.map((pair) => `${JSON.stringify(pair)}\n`).join('')
    const { stdout, status } = spawnSync('ruby', ['-W0', '-e', SAID_BY_RUBY], { input, encoding: 'utf8' })
    expect(status).to.equal(0)
    let compared = 0
    for (const [index, said] of stdout.trimEnd().split('\n').entries()) {
      const [pattern = '', in_ = ''] = pairs[index] ?? []
      if (patternFault(pattern) !== undefined) continue
      const here = answerOf(pattern, in_)
      if (here === 'refused') continue
      compared += 1
      expect(here, JSON.stringify([pattern, in_])).to.equal(said)
    }
    expect(compared).to.be.above(3_000)
  })
})

function answerOf(source: string, text: string): 'yes' | 'no' | 'refused' {
  try {
    return found(source, text) ? 'yes' : 'no'
  } catch (error) {
    if (error instanceof Refusal) return 'refused'
    throw error
  }
}
