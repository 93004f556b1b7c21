import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { quoteWord } from './quote'

const SHELLS = [
  ['dash'],
  ['bash'],
  ['bash', '--posix'],
  ['busybox', 'sh'],
  ['ksh93'],
  ['zsh', '--emulate', 'sh'],
]

/** Returns what a shell makes of words that it reads in a line, as the shell program of a host reads them. */
function wordsIn(shell: readonly string[], texts: readonly string[]): string[] {
  const [program = '', ...args] = shell
  const script = `lk_nl='\n'; IFS= read -r line; eval "set -- $line"; printf '%s\\0' "$@"`
  const input = `${texts.map(quoteWord).join(' ')}\n`
  const printed = execFileSync(program, [...args, '-c', script], {
    input,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  return printed.split('\0').slice(0, -1)
}

describe('a word for the shell of a host', () => {
  const there = SHELLS.filter(([name = '']) =>
    ['/bin', '/usr/bin'].some((bin) => existsSync(`${bin}/${name}`)),
  )

  for (const shell of there)
    it(`is read as it is by ${shell.join(' ')}`, () => {
      const text = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({
          unit: fc.constantFrom("'", '"', '\\', '\n', '$', '`', '!', ' ', '*', 'a', '\u0081', '\r'),
        }),
      )
      const words = fc.array(
        text.filter((each) => !each.includes('\0') && each.isWellFormed()),
        { minLength: 1, maxLength: 20 },
      )
      fc.assert(
        fc.property(words, (texts) => {
          expect(wordsIn(shell, texts)).to.deep.equal(texts)
        }),
        { numRuns: 25 },
      )
    })

  it('is on one line', () => {
    fc.assert(fc.property(fc.string(), (text) => text.includes('\0') || !quoteWord(text).includes('\n')))
  })

  it('is refused where no program could be given it', () => {
    expect(() => quoteWord('a\0b')).to.throw('NUL')
    expect(() => quoteWord('\ud800')).to.throw('half a character')
  })
})
