import { DEFAULT_LIMITS, type DecodeLimits } from './marshal/decode'
import { RubyFloat, RubyHash, type RubyValue } from './marshal/values'
import { toPlain, type Plain } from './plain'
import { excerpt, Refusal } from './refusal'

/** Returns a value as JSON. Symbols become strings, whole numbers keep all their digits. */
export function encodeJson(value: RubyValue): string {
  return write(toPlain(value))
}

/**
 * Reads one JSON document. Objects become hashes with strings as keys, and whole numbers of any size stay exact. An
 * object that has a key twice is refused: two readers could take it for different things.
 * @throws Refusal `too-large`, `too-deep` or `malformed`
 */
export function decodeJson(text: string, limits: DecodeLimits = DEFAULT_LIMITS): RubyValue {
  if (text.length > limits.bytes)
    throw new Refusal('too-large', `a message of ${text.length} bytes; at most ${limits.bytes} are read`)
  if (!text.isWellFormed()) throw new Refusal('malformed', 'JSON with half of a character')
  const reader = new JsonReader(text, limits)
  const value = reader.value(0)
  reader.expectEnd()
  return value
}

function write(value: Plain): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed())
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  const entries = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key.toWellFormed())}:${write(item)}`,
  )
  return `{${entries.join(',')}}`
}

const SPACE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
/** Digits of a whole number at most: reading one takes a time that grows with their square. */
const MAX_DIGITS = 1_000

class JsonReader {
  private at = 0
  private values = 0

  constructor(
    private readonly text: string,
    private readonly limits: DecodeLimits,
  ) {}

  value(depth: number): RubyValue {
    this.values += 1
    if (this.values > this.limits.values)
      throw new Refusal('too-large', `JSON of more than ${this.limits.values} values`)
    if (depth > this.limits.depth)
      throw new Refusal('too-deep', `JSON that is nested deeper than ${this.limits.depth}`)
    switch (this.next()) {
      case '{':
        return this.object(depth)
      case '[':
        return this.array(depth)
      case '"':
        return this.string()
      case 't':
        return this.word('true', true)
      case 'f':
        return this.word('false', false)
      case 'n':
        return this.word('null', null)
      default:
        return this.number()
    }
  }

  expectEnd(): void {
    if (this.next() !== undefined) throw this.fault()
  }

  private object(depth: number): RubyHash {
    const entries = new Map<RubyValue, RubyValue>()
    this.at += 1
    if (this.skip('}')) return new RubyHash(entries)
    do {
      if (this.next() !== '"') throw this.fault()
      const key = this.string()
      if (entries.has(key))
        throw new Refusal('malformed', `JSON with ${JSON.stringify(excerpt(key, 80))} twice in one object`)
      if (!this.skip(':')) throw this.fault()
      entries.set(key, this.value(depth + 1))
    } while (this.skip(','))
    if (!this.skip('}')) throw this.fault()
    return new RubyHash(entries)
  }

  private array(depth: number): RubyValue[] {
    const items: RubyValue[] = []
    this.at += 1
    if (this.skip(']')) return items
    do items.push(this.value(depth + 1))
    while (this.skip(','))
    if (!this.skip(']')) throw this.fault()
    return items
  }

  private string(): string {
    const from = this.at
    let end = from
    do end = this.text.indexOf('"', end + 1)
    while (end !== -1 && this.isEscaped(end))
    if (end === -1) throw new Refusal('truncated', 'JSON that ends within a text')
    this.at = end + 1
    try {
      const read = JSON.parse(this.text.slice(from, this.at)) as string
      if (read.isWellFormed()) return read
    } catch {
      // JavaScript's own sentence would show what a peer has written.
    }
    this.at = from
    throw this.fault()
  }

  /** Returns whether the quotation mark at `end` has an odd number of backslashes before it. */
  private isEscaped(end: number): boolean {
    let before = end
    while (this.text[before - 1] === '\\') before -= 1
    return (end - before) % 2 === 1
  }

  private number(): RubyValue {
    NUMBER.lastIndex = this.at
    const [written, fraction, exponent] = NUMBER.exec(this.text) ?? []
    if (written === undefined) throw this.fault()
    this.at += written.length
    if (fraction !== undefined || exponent !== undefined) return new RubyFloat(Number(written))
    if (written.length > MAX_DIGITS)
      throw new Refusal('too-large', `JSON with a number of ${written.length} digits`)
    const read = Number(written)
    return Number.isSafeInteger(read) ? (Object.is(read, -0) ? 0 : read) : BigInt(written)
  }

  private word<T extends RubyValue>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw this.fault()
    this.at += word.length
    return value
  }

  /** Goes over spaces, and returns the character after them; undefined at the end. */
  private next(): string | undefined {
    SPACE.lastIndex = this.at
    SPACE.exec(this.text)
    this.at = SPACE.lastIndex
    return this.text[this.at]
  }

  private skip(sign: string): boolean {
    if (this.next() !== sign) return false
    this.at += 1
    return true
  }

  private fault(): Refusal {
    return this.at >= this.text.length
      ? new Refusal('truncated', 'JSON that ends too soon')
      : new Refusal('malformed', `JSON that cannot be read at character ${this.at + 1}`)
  }
}
