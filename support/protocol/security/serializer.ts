import { decodeMarshal } from '../marshal/decode'
import { encodeMarshal } from '../marshal/encode'
import type { RubyValue } from '../marshal/values'

/** A way of writing Ruby data as bytes, on which peers have to agree. */
export interface Serializer {
  encode(value: RubyValue): Buffer
  /**
   * Reads data from bytes.
   * @throws Refusal
   */
  decode(bytes: Buffer): RubyValue
}

export const marshal: Serializer = { encode: encodeMarshal, decode: (bytes) => decodeMarshal(bytes) }
export const yaml: Serializer = {
  encode: (value) => rubyYaml().encodeRubyYaml(value),
  decode: (bytes) => rubyYaml().decodeRubyYaml(bytes),
}

/** Loads the reader of YAML. Few peers want it, and it takes longer to load than the rest of a security provider. */
function rubyYaml(): typeof import('./ruby_yaml') {
  return require('./ruby_yaml') as typeof import('./ruby_yaml')
}
