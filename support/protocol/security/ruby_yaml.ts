import { isUtf8 } from 'node:buffer'
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, type Node } from 'yaml'
import { excerpt, Refusal } from '../refusal'
import { PeerSymbols, RubyFloat, RubyHash, RubyString, RubySymbol, type RubyValue } from '../marshal/values'

const MAX_BYTES = 8 * 1024 * 1024
const MAX_DEPTH = 64
const MAX_VALUES = 200_000

/** Writes data as YAML that Ruby's Psych reads back to the same values. */
export function encodeRubyYaml(value: RubyValue): Buffer {
  return Buffer.from(`---${after(value, '')}\n`, 'utf8')
}

/**
 * Reads plain data as Ruby's `YAML.dump` writes it. Ruby objects and every other tag are refused. An alias, which Psych
 * writes where one object stands twice, counts as much as its target.
 * @throws Refusal
 */
export function decodeRubyYaml(bytes: Buffer): RubyValue {
  if (bytes.length > MAX_BYTES) {
    throw new Refusal('too-large', `a YAML message of ${bytes.length} bytes; at most ${MAX_BYTES} are read`)
  }
  if (!isUtf8(bytes)) throw new Refusal('malformed', 'a YAML message that is not UTF-8')
  const documents = parseAllDocuments(bytes.toString('utf8'), {
    schema: 'failsafe',
    uniqueKeys: false,
    stringKeys: false,
    logLevel: 'silent',
    resolveKnownTags: false,
  })
  const [document] = documents
  if (documents.length !== 1 || document === undefined || !('contents' in document)) {
    throw new Refusal('malformed', 'a YAML message that is not one document')
  }
  const [error] = document.errors
  if (error !== undefined) throw new Refusal('malformed', `a YAML message that cannot be read: ${error.code}`)
  return new Reader().value(document.contents as Node | null, 0)
}

class Reader {
  private count = 0
  private readonly names = new PeerSymbols()
  private readonly anchors = new Map<string, { value: RubyValue; weight: number }>()

  value(node: Node | null, depth: number): RubyValue {
    const before = this.count
    const value = this.unanchored(node, depth)
    if (node !== null && 'anchor' in node && typeof node.anchor === 'string') {
      this.anchors.set(node.anchor, { value, weight: this.count - before })
    }
    return value
  }

  private charge(values: number): void {
    this.count += values
    if (this.count > MAX_VALUES) throw new Refusal('too-large', `more than ${MAX_VALUES} values`)
  }

  private unanchored(node: Node | null, depth: number): RubyValue {
    if (depth > MAX_DEPTH) throw new Refusal('too-deep', `values nested more than ${MAX_DEPTH} deep`)
    this.charge(1)
    if (node === null) return null
    if (isAlias(node)) {
      const meant = this.anchors.get(node.source)
      if (meant === undefined)
        throw new Refusal('malformed', 'a YAML alias of something that is not complete before it')
      this.charge(meant.weight)
      return meant.value
    }
    if (isSeq(node)) {
      this.refuseTag(node.tag)
      return node.items.map((item) => this.value(item as Node | null, depth + 1))
    }
    if (isMap(node)) {
      this.refuseTag(node.tag)
      const entries = new Map<RubyValue, RubyValue>()
      for (const pair of node.items) {
        const key = this.value(pair.key as Node | null, depth + 1)
        if (entries.has(key)) throw new Refusal('malformed', 'a hash that has the same key twice')
        entries.set(key, this.value(pair.value as Node | null, depth + 1))
      }
      return new RubyHash(entries)
    }
    if (!isScalar(node)) throw new Refusal('malformed', 'a YAML node of an unknown kind')
    return this.scalar(typeof node.value === 'string' ? node.value : '', node.type === 'PLAIN', node.tag)
  }

  private scalar(written: string, plain: boolean, tag: string | undefined): RubyValue {
    if (tag === '!binary' || tag === 'tag:yaml.org,2002:binary')
      return new RubyString(Buffer.from(written, 'base64'))
    this.refuseTag(tag)
    return plain ? plainScalar(written, this.names) : written
  }

  private refuseTag(tag: string | undefined): void {
    const harmless = ['!', 'tag:yaml.org,2002:str', 'tag:yaml.org,2002:map', 'tag:yaml.org,2002:seq']
    if (tag !== undefined && !harmless.includes(tag)) {
      throw new Refusal('forbidden-type', `the YAML tag ${excerpt(tag, 80)}; only plain data is accepted`)
    }
  }
}

function plainScalar(written: string, names: PeerSymbols): RubyValue {
  if (written === '' || written === '~' || written === 'null') return null
  if (written === 'true') return true
  if (written === 'false') return false
  if (/^:"(.*)"$/.test(written)) return names.of(written.slice(2, -1))
  if (/^:[^:\s]/.test(written)) return names.of(written.slice(1))
  if (/^[+-]?(0|[1-9][0-9_]*)$/.test(written)) return wholeNumber(written.replaceAll('_', ''))
  if (/^[+-]?\d[\d_]*\.\d+([eE][+-]?\d+)?$/.test(written))
    return new RubyFloat(Number(written.replaceAll('_', '')))
  if (/^[+-]?\.inf$/i.test(written)) return new RubyFloat(written.startsWith('-') ? -Infinity : Infinity)
  if (/^\.nan$/i.test(written)) return new RubyFloat(NaN)
  return written
}

function wholeNumber(written: string): number | bigint {
  const small = Number(written)
  return Number.isSafeInteger(small) ? small : BigInt(written)
}

/** Formats a value as the lines of a YAML block; a value that fits on the line of its key or dash is one line. */
function block(value: RubyValue, indent: string): string {
  if (Array.isArray(value) && value.length > 0) {
    return value.map((item) => `\n${indent}-${after(item, `${indent}  `)}`).join('')
  }
  if (value instanceof RubyHash && value.entries.size > 0) {
    return [...value.entries]
      .map(([key, item]) => `\n${indent}? ${scalar(key)}\n${indent}:${after(item, `${indent}  `)}`)
      .join('')
  }
  return scalar(value)
}

function after(value: RubyValue, indent: string): string {
  const text = block(value, indent)
  return text.startsWith('\n') ? text : ` ${text}`
}

function scalar(value: RubyValue): string {
  if (value === null) return '~'
  if (typeof value === 'string') return quote(value)
  if (typeof value !== 'object') return String(value)
  if (value instanceof RubyFloat) return floatText(value.value)
  if (value instanceof RubySymbol)
    return /^[A-Za-z_]\w*$/.test(value.name) ? `:${value.name}` : `:${quote(value.name)}`
  if (value instanceof RubyString) return `!binary ${quote(value.bytes.toString('base64'))}`
  if (Array.isArray(value) && value.length === 0) return '[]'
  if (value instanceof RubyHash && value.entries.size === 0) return '{}'
  throw new TypeError('a hash or an array as the key of a hash cannot be written as YAML')
}

// JSON leaves these characters as they are, and YAML does not count them as printable.
function quote(text: string): string {
  const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g
  return JSON.stringify(text).replace(
    unprintable,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  const written = String(value)
  return /[.e]/.test(written) ? written.replace(/^(-?\d+)e/, '$1.0e') : `${written}.0`
}
