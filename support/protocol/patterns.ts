import { translatePattern } from './pattern_syntax'
import { Refusal } from './refusal'

/** Characters of all patterns of one request at most; a filter of people has a tenth of that. */
const MAX_LENGTH = 2_000
/** Instructions times characters of one request at most: a tenth of a second at worst. */
const MAX_WORK = 2_000_000

/**
 * Sets such as `[:alpha:]` and the ends of words. RE2 means letters of ASCII by them, and Ruby those of all scripts.
 */
const BY_SCRIPT = /\[:\^?[a-z]+:\]|\\[bB]/
const BEYOND_ASCII = /\P{ASCII}/u

interface Compiled {
  /** The number of instructions. */
  readonly size: number
  /** Returns why Ruby could find something else in the text than this engine, or undefined. */
  doubt(text: string): string | undefined
  finds(text: string): boolean
}

/**
 * The regular expressions of one request, with Ruby's meaning, in an engine that never goes back. Time is bounded by
 * the size of pattern and text. Both are bounded in all for the request, since its sender chooses how many there are.
 */
export class Patterns {
  private readonly compiled = new Map<string, Compiled>()
  private lengthLeft: number

  constructor(private workLeft = MAX_WORK) {
    this.lengthLeft = Number.isFinite(workLeft) ? MAX_LENGTH : Number.POSITIVE_INFINITY
  }

  /**
   * Returns whether the pattern is found in the text.
   * @throws Refusal `bad-pattern` when that cannot be told
   */
  matches(source: string, text: string): boolean {
    const compiled = this.compiled.get(source) ?? this.compile(source)
    this.workLeft -= compiled.size * (text.length + 1)
    if (this.workLeft < 0) throw new Refusal('bad-pattern', 'its patterns are too much work')
    const doubt = compiled.doubt(text)
    if (doubt !== undefined) throw new Refusal('bad-pattern', doubt)
    return compiled.finds(text)
  }

  private compile(source: string): Compiled {
    this.lengthLeft -= source.length
    if (this.lengthLeft < 0)
      throw new Refusal('bad-pattern', `its patterns are longer than ${MAX_LENGTH} characters`)
    const compiled = compilePattern(source)
    this.compiled.set(source, compiled)
    return compiled
  }
}

/** Returns why a pattern cannot be used, as a sentence, or undefined when it can. */
export function patternFault(source: string): string | undefined {
  try {
    compilePattern(source)
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
}

/**
 * Compiles the rule of an agent's own DDL. `^` and `$` are the ends of the whole text there, and not of a line.
 * @throws Refusal `bad-pattern`
 */
export function inputPattern(source: string): { readonly source: string; test(text: string): boolean } {
  const compiled = compilePattern(source, 'text')
  return { source, test: (text) => compiled.doubt(text) === undefined && compiled.finds(text) }
}

function compilePattern(source: string, anchors: 'line' | 'text' = 'line'): Compiled {
  try {
    // The engine is loaded late: only few requests have a pattern, and no other waits for it.
    const { RE2JS } = require('re2js') as typeof import('re2js')
    const pattern = RE2JS.compile(translatePattern(source), anchors === 'line' ? RE2JS.MULTILINE : 0)
    return {
      size: pattern.programSize(),
      doubt: (text) => doubtOf(source, text),
      finds: (text) => pattern.test(text),
    }
  } catch (error) {
    const why = (error as Error).message.replace(/^error parsing regexp: /, '').replaceAll('`', "'")
    throw new Refusal(
      'bad-pattern',
      `/${shorten(source)}/ is no regular expression that hosts can use: ${why}`,
      { cause: error },
    )
  }
}

function doubtOf(source: string, text: string): string | undefined {
  const [sign] = BY_SCRIPT.exec(source) ?? []
  if (sign === undefined || !BEYOND_ASCII.test(text)) return undefined
  return `${sign} means other letters in Ruby, and ${JSON.stringify(shorten(text))} has some; write such as \\p{L} or \\p{Nd} instead`
}

function shorten(source: string): string {
  return source.length > 100 ? `${source.slice(0, 100)}…` : source
}
