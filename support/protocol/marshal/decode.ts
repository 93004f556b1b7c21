import { isUtf8 } from 'node:buffer'
import { excerpt, Refusal } from '../refusal'
import { PeerSymbols, RubyFloat, RubyHash, RubyString, RubySymbol, type RubyValue } from './values'

export interface DecodeLimits {
  /** The nesting of arrays and hashes at most. */
  depth: number
  /** The number of values in total; a link counts as much as its target. */
  values: number
  /** Bytes of the input. */
  bytes: number
}

export const DEFAULT_LIMITS: DecodeLimits = { depth: 64, values: 500_000, bytes: 8 * 1024 * 1024 }

/**
 * Reads one Ruby Marshal 4.8 document that fills `bytes` exactly. It builds only data. Objects, classes, modules,
 * structs, regular expressions and anything with its own loader are refused, never instantiated.
 * @throws Refusal `truncated`, `too-large`, `too-deep`, `forbidden-type` or `malformed`
 */
export function decodeMarshal(bytes: Buffer, limits: DecodeLimits = DEFAULT_LIMITS): RubyValue {
  if (bytes.length > limits.bytes) {
    throw new Refusal('too-large', `a message of ${bytes.length} bytes; at most ${limits.bytes} are read`)
  }
  if (bytes.length < 3) throw new Refusal('truncated', `a Marshal document of only ${bytes.length} bytes`)
  if (bytes[0] !== 4 || bytes[1] !== 8) {
    throw new Refusal('malformed', `Marshal version ${bytes[0]}.${bytes[1]}; only 4.8 is understood`)
  }
  const decoder = new Decoder(bytes, limits)
  const value = decoder.value(0)
  decoder.expectEnd()
  return value
}

const FORBIDDEN: Record<string, string> = {
  o: 'an object',
  S: 'a struct',
  u: 'an object with its own loader',
  U: 'an object with its own loader',
  c: 'a class',
  m: 'a module',
  M: 'a class or module',
  '/': 'a regular expression',
  e: 'an extended object',
  C: 'a subclass of a core class',
  d: 'a data object',
}

const NIL = 0x30
const TRUE = 0x54
const FALSE = 0x46
const FIXNUM = 0x69
const SYMBOL = 0x3a
const SYMLINK = 0x3b
const STRING = 0x22
const IVAR = 0x49
const ARRAY = 0x5b
const HASH = 0x7b
const HASH_WITH_DEFAULT = 0x7d
const BIGNUM = 0x6c
const FLOAT = 0x66
const LINK = 0x40

/** Bytes of the longest text that is read by hand; beyond it a call into native code is faster. */
const MAX_BYTES_BY_HAND = 32

/** The mark of an entry of the link table whose value is still being read: a link to it would make a cycle. */
const UNFINISHED = Symbol('unfinished')

class Decoder {
  private at = 2
  private count = 0
  private readonly symbols: RubySymbol[] = []
  private readonly names = new PeerSymbols()
  private readonly objects: (RubyValue | typeof UNFINISHED)[] = []
  /** The number of values in each array and hash of the link table; everything else is one. */
  private readonly weights = new Map<number, number>()

  constructor(
    private readonly bytes: Buffer,
    private readonly limits: DecodeLimits,
  ) {}

  value(depth: number): RubyValue {
    this.charge(1)
    const type = this.byte()
    switch (type) {
      case NIL:
        return null
      case TRUE:
        return true
      case FALSE:
        return false
      case FIXNUM:
        return this.fixnum()
      case SYMBOL:
        return this.symbolBody()
      case SYMLINK:
        return this.symlink()
      case STRING:
        return this.remember(new RubyString(this.chunk()))
      case IVAR:
        return this.withInstanceVariables(depth)
      case ARRAY:
        return this.array(depth)
      case HASH:
        return this.hash(depth, false)
      case HASH_WITH_DEFAULT:
        return this.hash(depth, true)
      case BIGNUM:
        return this.remember(this.bignum())
      case FLOAT:
        return this.remember(this.float())
      case LINK:
        return this.link()
      default:
        return this.refuseType(type)
    }
  }

  expectEnd(): void {
    const left = this.bytes.length - this.at
    if (left > 0) throw new Refusal('malformed', `${left} bytes after the end of the Marshal document`)
  }

  private refuseType(type: number): never {
    const letter = String.fromCharCode(type)
    const meaning = FORBIDDEN[letter]
    if (meaning !== undefined) {
      throw new Refusal(
        'forbidden-type',
        `${meaning} (Marshal type '${letter}'); only plain data is accepted`,
      )
    }
    throw new Refusal(
      'malformed',
      `unknown Marshal type 0x${type.toString(16).padStart(2, '0')} at byte ${this.at - 1}`,
    )
  }

  private charge(values: number): void {
    this.count += values
    if (this.count > this.limits.values) {
      throw new Refusal('too-large', `more than ${this.limits.values} values in one message`)
    }
  }

  private byte(): number {
    const byte = this.bytes[this.at]
    if (byte === undefined)
      throw new Refusal('truncated', `the message ends at byte ${this.at}, in mid-value`)
    this.at += 1
    return byte
  }

  private fixnum(): number {
    const first = (this.byte() << 24) >> 24
    if (first === 0) return 0
    if (first > 4) return first - 5
    if (first < -4) return first + 5
    const width = Math.abs(first)
    let value = first > 0 ? 0 : -1
    for (let shift = 0; shift < width * 8; shift += 8) {
      value &= ~(0xff << shift)
      value |= this.byte() << shift
    }
    // Four bytes can say 2³¹ and more, which 32-bit arithmetic would turn negative.
    return first > 0 ? value >>> 0 : value
  }

  private length(): number {
    const length = this.fixnum()
    if (length < 0) throw new Refusal('malformed', `a negative length (${length}) at byte ${this.at}`)
    if (length > this.bytes.length - this.at) {
      throw new Refusal(
        'truncated',
        `a length of ${length} where ${this.bytes.length - this.at} bytes are left`,
      )
    }
    return length
  }

  private chunk(): Buffer {
    const start = this.skipChunk()
    return this.bytes.subarray(start, this.at)
  }

  private chunkText(): string {
    const start = this.skipChunk()
    return asciiText(this.bytes, start, this.at) ?? this.bytes.toString('utf8', start, this.at)
  }

  /** Steps over a length and as many bytes; returns the index of the first of them. */
  private skipChunk(): number {
    const length = this.length()
    const start = this.at
    this.at += length
    return start
  }

  private symbolBody(): RubySymbol {
    const made = this.names.of(this.chunkText())
    this.symbols.push(made)
    return made
  }

  private symlink(): RubySymbol {
    const index = this.fixnum()
    const known = this.symbols[index]
    if (known === undefined)
      throw new Refusal('malformed', `a link to symbol ${index}, which was not defined`)
    return known
  }

  private symbolName(): string {
    const type = this.byte()
    if (type === SYMBOL) return this.symbolBody().name
    if (type === SYMLINK) return this.symlink().name
    throw new Refusal('malformed', 'an instance variable whose name is not a symbol')
  }

  private withInstanceVariables(depth: number): RubyValue {
    const type = this.byte()
    if (type === STRING) {
      const slot = this.reserve()
      const start = this.skipChunk()
      const end = this.at
      return this.fill(slot, this.text(start, end, this.encoding(depth)))
    }
    // A non-ASCII symbol carries its encoding too; its name is read as UTF-8 in any case.
    if (type === SYMBOL) {
      const made = this.symbolBody()
      this.encoding(depth)
      return made
    }
    if (FORBIDDEN[String.fromCharCode(type)] !== undefined) return this.refuseType(type)
    throw new Refusal('forbidden-type', 'instance variables on something that is not a string')
  }

  private text(start: number, end: number, encoding: string | null): RubyValue {
    if (encoding === 'UTF-8') {
      const ascii = asciiText(this.bytes, start, end)
      if (ascii !== undefined) return ascii
    }
    const bytes = this.bytes.subarray(start, end)
    return encoding === 'UTF-8' && isUtf8(bytes) ? bytes.toString('utf8') : new RubyString(bytes, encoding)
  }

  private encoding(depth: number): string | null {
    let encoding: string | null = null
    for (let left = this.length(); left > 0; left -= 1) {
      const name = this.symbolName()
      const value = this.value(depth + 1)
      if (name === 'E' && typeof value === 'boolean') encoding = value ? 'UTF-8' : 'US-ASCII'
      else if (name === 'encoding' && (value instanceof RubyString || typeof value === 'string')) {
        encoding = typeof value === 'string' ? value : value.bytes.toString('latin1')
      } else throw new Refusal('forbidden-type', `a string with the instance variable ${name}`)
    }
    return encoding
  }

  private array(depth: number): RubyValue {
    const slot = this.enter(depth)
    const before = this.count
    const length = this.length()
    const items: RubyValue[] = []
    for (let i = 0; i < length; i += 1) items.push(this.value(depth + 1))
    this.weights.set(slot, this.count - before + 1)
    return this.fill(slot, items)
  }

  private hash(depth: number, withDefault: boolean): RubyValue {
    const slot = this.enter(depth)
    const before = this.count
    const length = this.length()
    const entries = new Map<RubyValue, RubyValue>()
    for (let i = 0; i < length; i += 1) {
      const key = this.value(depth + 1)
      entries.set(key, this.value(depth + 1))
    }
    if (entries.size < length) throw new Refusal('malformed', 'a hash that has the same key twice')
    const hash = withDefault ? new RubyHash(entries, this.value(depth + 1)) : new RubyHash(entries)
    this.weights.set(slot, this.count - before + 1)
    return this.fill(slot, hash)
  }

  private enter(depth: number): number {
    if (depth >= this.limits.depth) {
      throw new Refusal('too-deep', `values nested more than ${this.limits.depth} deep`)
    }
    return this.reserve()
  }

  private bignum(): number | bigint {
    const sign = this.byte()
    if (sign !== 0x2b && sign !== 0x2d) throw new Refusal('malformed', 'an integer that has no sign')
    const shorts = this.length()
    const size = shorts * 2
    if (size > this.bytes.length - this.at)
      throw new Refusal('truncated', 'an integer longer than its message')
    const little = Buffer.from(this.bytes.subarray(this.at, this.at + size))
    this.at += size
    const magnitude = size === 0 ? 0n : BigInt(`0x${little.reverse().toString('hex')}`)
    const value = sign === 0x2d ? -magnitude : magnitude
    const small = Number(value)
    return Number.isSafeInteger(small) ? small : value
  }

  private float(): RubyFloat {
    const written = this.chunkText()
    if (written === 'nan') return new RubyFloat(NaN)
    if (written === 'inf') return new RubyFloat(Infinity)
    if (written === '-inf') return new RubyFloat(-Infinity)
    const value = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(written) ? Number(written) : NaN
    if (!Number.isFinite(value))
      throw new Refusal('malformed', `${JSON.stringify(excerpt(written, 40))} as a float`)
    return new RubyFloat(value)
  }

  private link(): RubyValue {
    const index = this.fixnum()
    const known = this.objects[index]
    if (known === undefined) throw new Refusal('malformed', `a link to value ${index}, which was not defined`)
    if (known === UNFINISHED) throw new Refusal('malformed', 'a value that contains itself')
    this.charge(this.weights.get(index) ?? 1)
    return known
  }

  private remember<V extends RubyValue>(value: V): V {
    this.objects.push(value)
    return value
  }

  private reserve(): number {
    this.objects.push(UNFINISHED)
    return this.objects.length - 1
  }

  private fill<V extends RubyValue>(slot: number, value: V): V {
    this.objects[slot] = value
    return value
  }
}

/**
 * Reads an ASCII text, as nearly all texts on the wire are, without a call into native code; undefined for anything
 * else.
 */
function asciiText(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start > MAX_BYTES_BY_HAND) return undefined
  let text = ''
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte > 0x7f) return undefined
    text += String.fromCharCode(byte)
  }
  return text
}
