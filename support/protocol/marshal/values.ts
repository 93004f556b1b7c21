/**
 * A value that Ruby Marshal 4.8 can carry between MCollective peers, as plain data. JavaScript's own types stand for
 * Ruby's where nothing is lost: null, booleans, integers (number while safe, bigint beyond) and UTF-8 strings. The
 * classes here stand for the rest, so that a decoded value encodes to the bytes that it came from.
 */
export type RubyValue =
  null | boolean | number | bigint | string | RubyFloat | RubyString | RubySymbol | RubyArray | RubyHash

export type RubyArray = RubyValue[]

/** A Float; JavaScript alone cannot tell 1.0 from 1. */
export class RubyFloat {
  constructor(readonly value: number) {}
}

/** A String that is not valid UTF-8: `encoding` is Ruby's name for it, null for binary (ASCII-8BIT). */
export class RubyString {
  constructor(
    readonly bytes: Buffer,
    readonly encoding: string | null = null,
  ) {}
}

/**
 * A Symbol. {@link symbol} makes those of this program, one for each name. {@link PeerSymbols} makes those of a
 * document: a name that this program uses only later is another object there, so readers of a document go by the name.
 */
export class RubySymbol {
  constructor(readonly name: string) {}
}

/** A Hash in insertion order. String and symbol keys are different. */
export class RubyHash {
  constructor(
    readonly entries: Map<RubyValue, RubyValue> = new Map(),
    readonly fallback?: RubyValue,
  ) {}
}

const interned = new Map<string, RubySymbol>()

/** Returns the symbol of a name that this program chose. */
export function symbol(name: string): RubySymbol {
  const known = interned.get(name)
  if (known !== undefined) return known
  const made = new RubySymbol(name)
  interned.set(name, made)
  return made
}

/**
 * The symbols of one document of a peer. Equal names are one object: that of {@link symbol} where this program has used
 * the name before. A peer can invent names without end, so none outlives its document.
 */
export class PeerSymbols {
  private readonly own = new Map<string, RubySymbol>()

  of(name: string): RubySymbol {
    const known = interned.get(name) ?? this.own.get(name)
    if (known !== undefined) return known
    const made = new RubySymbol(name)
    this.own.set(name, made)
    return made
  }
}

/** Returns a Hash with symbol keys, leaving out undefined values. */
export function symbolHash(fields: Record<string, RubyValue | undefined>): RubyHash {
  const entries = new Map<RubyValue, RubyValue>()
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined) entries.set(symbol(name), value)
  return new RubyHash(entries)
}

/** Returns a Hash with string keys. */
export function stringHash(fields: Record<string, RubyValue>): RubyHash {
  return new RubyHash(new Map<RubyValue, RubyValue>(Object.entries(fields)))
}
