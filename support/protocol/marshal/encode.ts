import { RubyFloat, RubyHash, RubyString, RubySymbol, type RubyValue } from './values'

/**
 * Writes a value as Ruby's own `Marshal.dump` does, byte for byte. Symbols, repeated objects and repeated floats become
 * links, integers beyond 31 bits become bignums.
 * @throws TypeError for a number that is no integer; floats are given as RubyFloat
 */
export function encodeMarshal(value: RubyValue): Buffer {
  const encoder = new Encoder()
  encoder.value(value)
  return encoder.bytes()
}

const FIXNUM_MAX = 2 ** 30 - 1
const FIXNUM_MIN = -(2 ** 30)
// 64-bit Ruby keeps floats of this range in the reference itself; only those are linked by value.
const FLONUM_MIN = 2 ** -255
const FLONUM_MAX = 2 ** 257

class Encoder {
  private out = Buffer.allocUnsafe(512)
  private at = 0
  private objectCount = 0
  private readonly symbols = new Map<string, number>()
  private readonly objects = new Map<unknown, number>()
  private readonly encodings = new Map<string, number>()

  constructor() {
    this.byte(4)
    this.byte(8)
  }

  bytes(): Buffer {
    return Buffer.from(this.out.subarray(0, this.at))
  }

  value(value: RubyValue): void {
    if (value === null) this.byte(0x30)
    else if (value === true) this.byte(0x54)
    else if (value === false) this.byte(0x46)
    else if (typeof value === 'string') this.text(value)
    else if (typeof value === 'number') this.integer(value)
    else if (typeof value === 'bigint') this.integer(value)
    else if (value instanceof RubySymbol) this.symbol(value.name)
    else if (value instanceof RubyFloat) this.float(value)
    else if (this.linked(value)) return
    else if (value instanceof RubyString) this.string(value)
    else if (Array.isArray(value)) this.array(value)
    else this.hash(value)
  }

  private linked(value: object | string): boolean {
    const known = this.objects.get(value)
    if (known === undefined) {
      this.objects.set(value, this.objectCount++)
      return false
    }
    this.byte(0x40)
    this.long(known)
    return true
  }

  private text(value: string): void {
    this.objectCount += 1
    this.byte(0x49)
    this.byte(0x22)
    this.utf8(value)
    this.encodingFlag(true)
  }

  private string(value: RubyString): void {
    if (value.encoding === null) {
      this.byte(0x22)
      this.raw(value.bytes)
      return
    }
    this.byte(0x49)
    this.byte(0x22)
    this.raw(value.bytes)
    if (value.encoding === 'UTF-8') this.encodingFlag(true)
    else if (value.encoding === 'US-ASCII') this.encodingFlag(false)
    else this.encodingName(value.encoding)
  }

  private encodingFlag(utf8: boolean): void {
    this.long(1)
    this.symbol('E')
    this.byte(utf8 ? 0x54 : 0x46)
  }

  private encodingName(name: string): void {
    this.long(1)
    this.symbol('encoding')
    const known = this.encodings.get(name)
    if (known !== undefined) {
      this.byte(0x40)
      this.long(known)
      return
    }
    this.encodings.set(name, this.objectCount++)
    this.byte(0x22)
    this.raw(Buffer.from(name, 'latin1'))
  }

  private symbol(name: string): void {
    const known = this.symbols.get(name)
    if (known !== undefined) {
      this.byte(0x3b)
      this.long(known)
      return
    }
    this.symbols.set(name, this.symbols.size)
    const ascii = isAscii(name)
    if (!ascii) this.byte(0x49)
    this.byte(0x3a)
    this.utf8(name)
    if (!ascii) this.encodingFlag(true)
  }

  private array(items: RubyValue[]): void {
    this.byte(0x5b)
    this.long(items.length)
    for (const item of items) this.value(item)
  }

  private hash(hash: RubyHash): void {
    this.byte(hash.fallback === undefined ? 0x7b : 0x7d)
    this.long(hash.entries.size)
    for (const [key, value] of hash.entries) {
      this.value(key)
      this.value(value)
    }
    if (hash.fallback !== undefined) this.value(hash.fallback)
  }

  private integer(value: number | bigint): void {
    if (typeof value === 'number' && !Number.isInteger(value)) {
      throw new TypeError(`${value} is no integer; a Ruby Float is written as new RubyFloat(${value})`)
    }
    if (value >= FIXNUM_MIN && value <= FIXNUM_MAX) {
      this.byte(0x69)
      this.long(Number(value))
      return
    }
    this.objectCount += 1
    const whole = BigInt(value)
    this.byte(0x6c)
    this.byte(whole < 0n ? 0x2d : 0x2b)
    const hex = (whole < 0n ? -whole : whole).toString(16)
    const shorts = Math.ceil(hex.length / 4)
    this.long(shorts)
    this.append(Buffer.from(hex.padStart(shorts * 4, '0'), 'hex').reverse())
  }

  private float(float: RubyFloat): void {
    const size = Math.abs(float.value)
    const inPlace = Object.is(float.value, 0) || (size >= FLONUM_MIN && size < FLONUM_MAX)
    if (this.linked(inPlace ? `float ${float.value}` : float)) return
    this.byte(0x66)
    this.utf8(floatText(float.value))
  }

  private long(value: number): void {
    if (value === 0) return this.byte(0)
    if (value > 0 && value < 123) return this.byte(value + 5)
    if (value < 0 && value > -124) return this.byte((value - 5) & 0xff)
    const bytes: number[] = []
    for (let rest = value; bytes.length < 4;) {
      bytes.push(rest & 0xff)
      rest >>= 8
      if (rest === (value < 0 ? -1 : 0)) break
    }
    this.byte(value < 0 ? -bytes.length & 0xff : bytes.length)
    for (const byte of bytes) this.byte(byte)
  }

  private utf8(text: string): void {
    const length = Buffer.byteLength(text, 'utf8')
    this.long(length)
    this.reserve(length)
    this.out.write(text, this.at, 'utf8')
    this.at += length
  }

  private raw(bytes: Buffer): void {
    this.long(bytes.length)
    this.append(bytes)
  }

  private append(bytes: Buffer): void {
    this.reserve(bytes.length)
    bytes.copy(this.out, this.at)
    this.at += bytes.length
  }

  private byte(byte: number): void {
    this.reserve(1)
    this.out[this.at] = byte
    this.at += 1
  }

  private reserve(size: number): void {
    if (this.at + size <= this.out.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.out.length * 2, this.at + size))
    this.out.copy(grown, 0, 0, this.at)
    this.out = grown
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

/** Formats a float by Ruby's layout of the shortest digits that read back as the same number. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponent = ''] = Math.abs(value).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const point = Number(exponent) + 1
  const sign = value < 0 ? '-' : ''
  if (point < -3 || point > digits.length) {
    const tail = digits.length > 1 ? `.${digits.slice(1)}` : ''
    return `${sign}${digits[0]}${tail}e${point - 1}`
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  const tail = digits.length > point ? `.${digits.slice(point)}` : ''
  return `${sign}${digits.slice(0, point)}${tail}`
}
