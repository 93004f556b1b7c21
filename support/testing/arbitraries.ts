import fc from 'fast-check'
import { RubyFloat, RubyHash, RubyString, symbol, type RubyValue } from '../protocol/marshal/values'

/** Generates any value that Marshal can carry, without shared objects, so that its bytes are canonical. */
export function rubyValue(): fc.Arbitrary<RubyValue> {
  const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => value.toWellFormed())
  const leaf: fc.Arbitrary<RubyValue> = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc
      .bigInt({ min: -(2n ** 200n), max: 2n ** 200n })
      .map((big) => (Number.isSafeInteger(Number(big)) ? Number(big) : big)),
    fc.double().map((value) => new RubyFloat(value)),
    text,
    text.filter((name) => name.length > 0).map(symbol),
    fc
      .tuple(fc.uint8Array({ maxLength: 20 }), fc.constantFrom(null, 'Shift_JIS', 'ISO-8859-1'))
      .map(([bytes, encoding]) => new RubyString(Buffer.from(bytes), encoding)),
  )
  const key: fc.Arbitrary<RubyValue> = fc.oneof(
    text,
    text.filter((name) => name.length > 0).map(symbol),
    fc.integer(),
  )
  return fc.letrec<{ value: RubyValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      leaf,
      fc.array(tie('value'), { maxLength: 6 }),
      fc
        .array(fc.tuple(key, tie('value')), { maxLength: 6 })
        .map((entries) => new RubyHash(new Map(entries))),
    ),
  })).value
}
