import { decodeMarshal } from '../marshal/decode'
import { encodeMarshal } from '../marshal/encode'
import type { RubyValue } from '../marshal/values'
import { decodeRubyYaml, encodeRubyYaml } from './ruby_yaml'

/** One way of writing Ruby data as bytes; peers have to agree on it. */
export interface Serializer {
  encode(value: RubyValue): Buffer
  /** @throws Refusal */
  decode(bytes: Buffer): RubyValue
}

export const marshal: Serializer = { encode: encodeMarshal, decode: (bytes) => decodeMarshal(bytes) }
export const yaml: Serializer = { encode: encodeRubyYaml, decode: decodeRubyYaml }
