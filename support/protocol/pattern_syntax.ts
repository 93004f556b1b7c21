import { Refusal } from './refusal'

/** Ruby's white space: horizontal and vertical tab, line feed, form feed, carriage return, space. */
const SPACE = '\\x09-\\x0d\\x20'
const HEX = '0-9A-Fa-f'
/** Escapes that Ruby and RE2 read alike, both outside of a set of characters and inside. */
const ALIKE = 'dDwWntrfva'
const QUANTIFIER = /\{(\d*)(,?)(\d*)\}/y
const FLAGS = /\(\?([mix]*)(?:-([mix]*))?([:)])/y
const NAMED_GROUP = /\(\?<[A-Za-z_]\w*>/y
const POSIX_SET = /\[:\^?[a-z]+:\]/y
/** The total of repeats in a pattern at most. A larger one is too large to be compiled on a peer's word. */
const MAX_REPEATS = 1_000

/**
 * Rewrites a regular expression of Ruby's as one of RE2's that means the same. RE2 finds in linear time, and so knows
 * no look-around and no back-references.
 * @throws Refusal `bad-pattern` for what RE2 has no form of, and for what the two would read differently
 */
export function translatePattern(source: string): string {
  return new Translator(source).translate()
}

class Translator {
  private at = 0
  private out = ''
  private repeats = 0

  constructor(private readonly source: string) {}

  translate(): string {
    while (this.at < this.source.length) this.next()
    return this.out
  }

  private next(): void {
    const sign = this.source[this.at]
    if (sign === '\\') return this.escape()
    if (sign === '[') return this.set()
    if (sign === '(') return this.group()
    if (sign === '{') return this.quantifier()
    this.put(sign === '}' ? '\\}' : (sign ?? ''), 1)
  }

  private group(): void {
    if (this.source[this.at + 1] !== '?') return this.put('(?:', 1)
    if (this.source.startsWith('(?:', this.at)) return this.put('(?:', 3)
    const named = this.match(NAMED_GROUP)
    if (named !== undefined) return this.put('(?:', named[0].length)
    const [whole = '', on = '', off = '', end] = this.match(FLAGS) ?? []
    if (whole === '') {
      const looks = /^\(\?<?[=!]/.test(this.source.slice(this.at))
      throw this.refusal(
        looks ? 'it looks ahead or behind' : `RE2 knows no ${this.source.slice(this.at, this.at + 3)}`,
      )
    }
    if (on.includes('x')) throw this.refusal('the flag x is not understood')
    if (end === ')' && this.at > 0) throw this.refusal('flags in the middle; write (?i:…)')
    const flags = `${flagsOf(on)}${flagsOf(off) === '' ? '' : `-${flagsOf(off)}`}`
    this.put(flags === '' ? (end === ':' ? '(?:' : '') : `(?${flags}${end}`, whole.length)
  }

  private quantifier(): void {
    const [whole = '', least = '', comma = '', most = ''] = this.match(QUANTIFIER) ?? []
    if (least === '' && most === '') return this.put('\\{', 1)
    const after = this.source[this.at + whole.length]
    if (comma === '' && after === '?') throw this.refusal(`${whole}? is read in two ways`)
    this.repeats += Math.max(Number(least), Number(most))
    if (this.repeats > MAX_REPEATS) throw this.refusal(`it repeats more than ${MAX_REPEATS} times in all`)
    this.put(`{${least === '' ? '0' : least}${comma}${most}}`, whole.length)
  }

  private escape(): void {
    const sign = this.source[this.at + 1] ?? ''
    switch (sign) {
      case 's':
        return this.put(`[${SPACE}]`, 2)
      case 'S':
        return this.put(`[^${SPACE}]`, 2)
      case 'h':
        return this.put(`[${HEX}]`, 2)
      case 'H':
        return this.put(`[^${HEX}]`, 2)
      case 'A':
      case 'z':
      case 'b':
      case 'B':
        return this.put(`\\${sign}`, 2)
      case 'Z':
        if (!/^(\)|\||$)/.test(this.source.slice(this.at + 2))) throw this.refusal('something follows \\Z')
        return this.put('\\n?\\z', 2)
    }
    this.escapedCharacter(sign)
  }

  /** Rewrites an escape that means the same outside of a set of characters and inside. */
  private escapedCharacter(sign: string): void {
    if (ALIKE.includes(sign) && sign !== '') return this.put(`\\${sign}`, 2)
    if (sign === 'e') return this.put('\\x1b', 2)
    if (sign === 'u' || sign === 'x') return this.codePoint()
    const property = this.match(/\\[pP]\{\^?\w+\}/y)
    if (property !== undefined) return this.put(property[0], property[0].length)
    if (/^[1-9k]/.test(sign)) throw this.refusal('it refers back to what it has found')
    if (sign === '' || /^[A-Za-z0-9]/.test(sign)) throw this.refusal(`\\${sign} is not understood`)
    // Beyond ASCII nothing needs an escape, and RE2 has none.
    this.put(sign.charCodeAt(0) < 128 ? `\\${sign}` : sign, 2)
  }

  private codePoint(): void {
    const [whole = '', braced, plain, byte] =
      this.match(/\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{1,2}))/y) ?? []
    const code = braced ?? plain ?? byte
    if (code === undefined || (byte !== undefined && Number.parseInt(byte, 16) > 127))
      throw this.refusal(`\\${this.source[this.at + 1] ?? ''} without the number of a character`)
    this.put(`\\x{${code}}`, whole.length)
  }

  private set(): void {
    this.put('[', 1)
    if (this.source[this.at] === '^') this.put('^', 1)
    if (this.source[this.at] === ']') this.put('\\]', 1)
    while (this.at < this.source.length) {
      const sign = this.source[this.at] ?? ''
      if (sign === ']') return this.put(']', 1)
      if (sign === '\\') this.escapeInSet()
      else if (sign === '[') this.posix()
      else if (this.source.startsWith('&&', this.at)) throw this.refusal('&& in a set of characters')
      else this.put(sign, 1)
    }
    throw this.refusal('a [ without its ]')
  }

  private escapeInSet(): void {
    const sign = this.source[this.at + 1] ?? ''
    switch (sign) {
      case 's':
        return this.put(SPACE, 2)
      case 'h':
        return this.put(HEX, 2)
      case 'b':
        return this.put('\\x08', 2)
      case 'S':
      case 'H':
        throw this.refusal(`\\${sign} in a set of characters`)
    }
    this.escapedCharacter(sign)
  }

  private posix(): void {
    const posix = this.match(POSIX_SET)
    if (posix === undefined) throw this.refusal('a set of characters within another')
    this.put(posix[0], posix[0].length)
  }

  private match(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.at
    return sticky.exec(this.source) ?? undefined
  }

  private put(translated: string, length: number): void {
    this.out += translated
    this.at += length
  }

  private refusal(why: string): Refusal {
    return new Refusal('bad-pattern', why)
  }
}

/**
 * Rewrites flags: Ruby's `m` lets a dot stand for a line feed, as RE2's `s` does. Without `x` nothing has to be
 * switched off.
 */
function flagsOf(written: string): string {
  return written.replaceAll('m', 's').replaceAll('x', '')
}
