import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeMarshal } from '../marshal/decode'
import { encodeMarshal } from '../marshal/encode'
import type { RubyValue } from '../marshal/values'
import { rubyValue } from '../../testing/arbitraries'
import { skipWithoutRuby } from '../../testing/ruby'
import { decodeRubyYaml, encodeRubyYaml } from './ruby_yaml'

const VALUES = 1_000
// One document a line, in hexadecimal: YAML in, Marshal out, so that both sides compare plain bytes.
const TO_MARSHAL =
  'require "yaml"; STDIN.each_line { |l| puts Marshal.dump(YAML.safe_load([l.chomp].pack("H*").force_encoding("UTF-8"), permitted_classes: [Symbol])).unpack1("H*") }'
const FROM_MARSHAL =
  'require "yaml"; STDIN.each_line { |l| puts YAML.dump(Marshal.load([l.chomp].pack("H*"))).unpack1("H*") }'

describe('Ruby YAML, beside real ruby', () => {
  before(skipWithoutRuby)

  const values = () =>
    fc.sample(
      rubyValue().filter((value) => isYamlSafe(value)),
      VALUES,
    )

  it(`writes ${VALUES} values that Ruby reads as the same`, () => {
    const list = values()
    const read = ruby(TO_MARSHAL, list.map(encodeRubyYaml))
    list.forEach((value, i) =>
      expect(unshare(read[i]), JSON.stringify(encodeRubyYaml(value).toString())).to.equal(
        encodeMarshal(value).toString('hex'),
      ),
    )
  })

  it(`reads ${VALUES} values that Ruby wrote`, () => {
    const list = values()
    const written = ruby(FROM_MARSHAL, list.map(encodeMarshal))
    list.forEach((value, i) => {
      const yaml = Buffer.from(written[i] ?? '', 'hex')
      expect(encodeMarshal(decodeRubyYaml(yaml)).toString('hex'), yaml.toString()).to.equal(
        encodeMarshal(value).toString('hex'),
      )
    })
  })
})

/** Undoes that Ruby shares equal string keys of hashes that it has read, by reading and writing here. */
function unshare(marshalled: string | undefined): string {
  return encodeMarshal(decodeMarshal(Buffer.from(marshalled ?? '', 'hex'))).toString('hex')
}

/**
 * Returns whether a value is of the kinds in MCollective's envelopes: text, symbols that are names, whole numbers, and
 * lists and hashes of these.
 */
function isYamlSafe(value: RubyValue): boolean {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return true
  if (typeof value === 'string') return /^[\x20-\x7e\u00a1-\ud7ff]*$/.test(value)
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.every(isYamlSafe)
  if ('name' in value) return /^[a-z]\w*$/.test(value.name)
  if (!('entries' in value)) return false
  return [...value.entries].every(
    ([key, item]) => typeof key !== 'number' && isYamlSafe(key) && isYamlSafe(item),
  )
}

function ruby(program: string, documents: readonly Buffer[]): string[] {
  const input = documents.map((document) => document.toString('hex')).join('\n')
  const done = spawnSync('ruby', ['-e', program], { input, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  if (done.status !== 0) throw new Error(`ruby failed: ${done.stderr}`)
  return done.stdout.trimEnd().split('\n')
}
