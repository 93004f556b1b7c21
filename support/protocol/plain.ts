import { Refusal } from './refusal'
import { RubyFloat, RubyHash, RubyString, RubySymbol, symbol, type RubyValue } from './marshal/values'

/** Ruby data without Ruby's types, as a step compares it and a report prints it. */
export type Plain = null | boolean | number | bigint | string | Plain[] | { [key: string]: Plain }

/**
 * Forgets Ruby's types: symbols and strings of any encoding become strings, and floats numbers. Hashes become objects
 * without a prototype, so that a key named `__proto__` is only a key.
 */
export function toPlain(value: RubyValue): Plain {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof RubyFloat) return value.value
  if (value instanceof RubySymbol) return value.name
  if (value instanceof RubyString) return value.bytes.toString('utf8')
  if (Array.isArray(value)) return value.map(toPlain)
  const plain: { [key: string]: Plain } = Object.create(null)
  for (const [key, item] of value.entries) plain[keyName(key)] = toPlain(item)
  return plain
}

/** Returns the Ruby value for plain data; object keys become symbols, as agents write them. */
export function fromPlain(value: Plain): RubyValue {
  if (value === null || typeof value !== 'object') {
    return typeof value === 'number' && !Number.isInteger(value) ? new RubyFloat(value) : value
  }
  if (Array.isArray(value)) return value.map(fromPlain)
  const entries = new Map<RubyValue, RubyValue>()
  for (const [key, item] of Object.entries(value)) entries.set(symbol(key), fromPlain(item))
  return new RubyHash(entries)
}

/**
 * Returns a field by name. Ruby may have written the key as a symbol or as a string.
 * @throws Refusal `bad-envelope` for both at once
 */
export function field(hash: RubyHash, name: string): RubyValue | undefined {
  const bySymbol = hash.entries.get(symbol(name)) ?? symbolKeyed(hash, name)
  const byString = hash.entries.get(name)
  if (bySymbol !== undefined && byString !== undefined) {
    throw new Refusal('bad-envelope', `${name} twice, as a symbol and as a string`)
  }
  return bySymbol ?? byString ?? (hash.entries.size > 0 ? binaryKeyed(hash, name) : undefined)
}

/** Returns the text of a string in any of Ruby's encodings; undefined for anything else. */
export function asText(value: RubyValue | undefined): string | undefined {
  if (typeof value === 'string') return value
  if (value instanceof RubyString) return value.bytes.toString('utf8')
  if (value instanceof RubySymbol) return value.name
  return undefined
}

/** Returns the bytes of a string; undefined for anything else. */
export function asBytes(value: RubyValue | undefined): Buffer | undefined {
  if (value instanceof RubyString) return value.bytes
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : undefined
}

/** Finds a symbol that this program had not used yet when the hash was decoded. */
function symbolKeyed(hash: RubyHash, name: string): RubyValue | undefined {
  for (const [key, value] of hash.entries) if (key instanceof RubySymbol && key.name === name) return value
  return undefined
}

function binaryKeyed(hash: RubyHash, name: string): RubyValue | undefined {
  for (const [key, value] of hash.entries) {
    if (key instanceof RubyString && key.bytes.toString('latin1') === name) return value
  }
  return undefined
}

function keyName(key: RubyValue): string {
  const text = asText(key)
  if (text !== undefined) return text
  if (key instanceof RubyFloat) return String(key.value)
  if (key !== null && typeof key === 'object') {
    throw new Refusal('malformed', 'a hash whose key is an array or a hash')
  }
  return String(key)
}
