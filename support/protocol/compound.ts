import { matchesFact, matchesText, type FactOperator, type FilterSubject } from './filter'
import type { Patterns } from './patterns'
import type { Plain } from './plain'

/** Returns the value of a data function such as `fact('country').value`, or undefined for an unknown one. */
export type DataFunction = (name: string, argument: string, field: string) => Plain | undefined

/**
 * Returns whether an expression such as `country=de and (roles::web or not environment=prod)` means a host. The
 * expression comes as a list of its words. As in Ruby, `and` and `or` bind alike, from left to right. An expression
 * that cannot be evaluated means no host.
 * @throws Refusal `bad-pattern`
 */
export function matchesCompound(
  words: Plain,
  host: FilterSubject,
  data: DataFunction,
  patterns: Patterns,
): boolean {
  return evaluateCompound(words, host, data, patterns) === true
}

/**
 * Evaluates an expression for a host; undefined when it cannot be evaluated.
 * @throws Refusal `bad-pattern`
 */
export function evaluateCompound(
  words: Plain,
  host: FilterSubject,
  data: DataFunction,
  patterns: Patterns,
): boolean | undefined {
  if (!Array.isArray(words) || words.length === 0 || words.length > MAX_WORDS) return undefined
  const reader = new Reader(words, host, data, patterns)
  const value = reader.expression(0)
  return reader.ended ? value : undefined
}

const MAX_WORDS = 1_000
const MAX_DEPTH = 50

class Reader {
  private at = 0

  constructor(
    private readonly words: readonly Plain[],
    private readonly host: FilterSubject,
    private readonly data: DataFunction,
    private readonly patterns: Patterns,
  ) {}

  get ended(): boolean {
    return this.at === this.words.length
  }

  /** Evaluates an expression; undefined for words that are none. */
  expression(depth: number): boolean | undefined {
    let value = this.term(depth)
    for (let word = this.peek(); word === 'and' || word === 'or'; word = this.peek()) {
      this.at += 1
      const right = this.term(depth)
      if (value === undefined || right === undefined) return undefined
      value = word === 'and' ? value && right : value || right
    }
    return value
  }

  private term(depth: number): boolean | undefined {
    if (depth > MAX_DEPTH) return undefined
    const word = this.peek()
    if (word === 'not' || word === '!') {
      this.at += 1
      const value = this.term(depth + 1)
      return value === undefined ? undefined : !value
    }
    if (word === '(') {
      this.at += 1
      const value = this.expression(depth + 1)
      if (this.peek() !== ')') return undefined
      this.at += 1
      return value
    }
    return this.statement()
  }

  private statement(): boolean | undefined {
    const word = this.words[this.at]
    this.at += 1
    if (word === null || typeof word !== 'object' || Array.isArray(word)) return undefined
    const statement = word['statement']
    if (typeof statement === 'string') return matchesStatement(statement, this.host, this.patterns)
    const call = word['fstatement']
    return call !== null && typeof call === 'object' && !Array.isArray(call) ? this.call(call) : undefined
  }

  private call(call: { [key: string]: Plain }): boolean | undefined {
    const { name, params, operator, value, r_compare: wanted } = call
    if (typeof name !== 'string' || typeof operator !== 'string') return undefined
    const found = this.data(
      name,
      typeof params === 'string' ? params : '',
      typeof value === 'string' ? value : '',
    )
    // An unknown function gives undefined and not `false`: else its negation would mean every host.
    if (found === undefined) return undefined
    return compares(found, operator, String(wanted as string | number))
  }

  /** Returns the next word when it is an operator or a parenthesis, and undefined for a statement. */
  private peek(): string | undefined {
    const word = this.words[this.at]
    if (word === null || typeof word !== 'object' || Array.isArray(word)) return undefined
    return ['and', 'or', 'not', '!', '(', ')'].find((known) => Object.hasOwn(word, known))
  }
}

function matchesStatement(statement: string, host: FilterSubject, patterns: Patterns): boolean {
  const [, fact = '', sign = '', value = ''] = statement.startsWith('/')
    ? []
    : (/^([^<>=]+)(>=|<=|=|<|>)(.*)$/s.exec(statement) ?? [])
  if (fact === '') return host.classes.some((name) => matchesText(statement, name, patterns))
  const operator = value.startsWith('/') ? '=~' : sign === '=' ? '==' : sign
  return matchesFact({ fact, operator: operator as FactOperator, value }, host.facts, patterns)
}

function compares(found: Plain, operator: string, wanted: string): boolean | undefined {
  if (found === null || typeof found === 'object') return false
  const [left, right] = [Number(found), Number(wanted)]
  const numeric = typeof found === 'number' || typeof found === 'bigint'
  if (numeric && Number.isNaN(right)) return undefined
  switch (operator) {
    case '==':
    case '=':
      return numeric ? left === right : String(found) === wanted
    case '!=':
      return numeric ? left !== right : String(found) !== wanted
    // Only numbers are ordered.
    case '<':
      return numeric && left < right
    case '>':
      return numeric && left > right
    case '<=':
      return numeric && left <= right
    case '>=':
      return numeric && left >= right
    default:
      return undefined
  }
}
