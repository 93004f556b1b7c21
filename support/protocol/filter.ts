import { asText, field, fromPlain, toPlain, type Plain } from './plain'
import { Patterns } from './patterns'
import { Refusal } from './refusal'
import { RubyHash, stringHash, symbolHash, type RubyValue } from './marshal/values'

export const FACT_OPERATORS = ['==', '!=', '=~', '<=', '>=', '<', '>'] as const
export type FactOperator = (typeof FACT_OPERATORS)[number]

export interface FactFilter {
  fact: string
  value: string
  operator: FactOperator
}

/**
 * A description of the hosts that a request is for. Facts, classes and agents all have to match; of identities any one
 * is enough. `/…/` is a regular expression. `compound` is carried as it came; see compound.ts.
 */
export interface Filter {
  facts: FactFilter[]
  classes: string[]
  agents: string[]
  identities: string[]
  compound: Plain[]
}

export const NO_FILTER: Filter = { facts: [], classes: [], agents: [], identities: [], compound: [] }

/** A host's data that a filter is matched against. */
export interface FilterSubject {
  identity: string
  classes: readonly string[]
  agents: readonly string[]
  facts: Readonly<Record<string, string>>
}

export function encodeFilter(filter: Filter): RubyHash {
  const facts = filter.facts.map((f) => symbolHash({ fact: f.fact, value: f.value, operator: f.operator }))
  return stringHash({
    fact: facts,
    cf_class: filter.classes,
    agent: filter.agents,
    identity: filter.identities,
    compound: filter.compound.map(withStringKeys),
  })
}

/** Returns the words of an expression in the form of Ruby's client. */
function withStringKeys(value: Plain): RubyValue {
  if (Array.isArray(value)) return value.map(withStringKeys)
  if (value === null || typeof value !== 'object') return fromPlain(value)
  return stringHash(
    Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withStringKeys(item)])),
  )
}

/**
 * Reads a filter from its hash.
 * @throws Refusal `bad-envelope` for anything but the five lists that MCollective knows
 */
export function decodeFilter(value: RubyValue): Filter {
  if (!(value instanceof RubyHash)) throw new Refusal('bad-envelope', 'a filter that is no hash')
  return {
    facts: list(value, 'fact').map(factFilter),
    classes: texts(value, 'cf_class'),
    agents: texts(value, 'agent'),
    identities: texts(value, 'identity'),
    compound: list(value, 'compound').map(toPlain),
  }
}

/**
 * Returns whether a filter means a host. A filter that cannot be evaluated here matches no host: acting on a guess is
 * worse. `compound` returns whether one expression means the host.
 * @throws Refusal `bad-pattern` for a pattern that cannot be used, since its negation must not mean every host
 */
export function matchesFilter(
  filter: Filter,
  host: FilterSubject,
  patterns: Patterns,
  compound: (words: Plain) => boolean = () => false,
): boolean {
  return (
    filter.compound.every(compound) &&
    filter.agents.every((agent) => host.agents.includes(agent)) &&
    filter.classes.every((wanted) => host.classes.some((name) => matchesText(wanted, name, patterns))) &&
    filter.facts.every((fact) => matchesFact(fact, host.facts, patterns)) &&
    (filter.identities.length === 0 ||
      filter.identities.some((wanted) => matchesText(wanted, host.identity, patterns)))
  )
}

/**
 * Returns whether one of a host's facts matches.
 * @throws Refusal `bad-pattern`
 */
export function matchesFact(
  filter: FactFilter,
  facts: Readonly<Record<string, string>>,
  patterns: Patterns,
): boolean {
  const actual = Object.hasOwn(facts, filter.fact) ? facts[filter.fact] : undefined
  if (actual === undefined) return false
  switch (filter.operator) {
    case '==':
      return actual === filter.value
    case '!=':
      return actual !== filter.value
    case '=~':
      return patterns.matches(sourceOf(filter.value), actual)
    default:
      return isInOrder(filter.operator, compare(actual, filter.value))
  }
}

function isInOrder(operator: '<' | '>' | '<=' | '>=', order: number): boolean {
  if (operator === '<') return order < 0
  if (operator === '>') return order > 0
  return operator === '<=' ? order <= 0 : order >= 0
}

/** Compares as numbers when both are numbers, else as text, like the Ruby daemon. */
function compare(a: string, b: string): number {
  const numeric = /^-?\d+(\.\d+)?$/
  if (numeric.test(a) && numeric.test(b)) return Number(a) - Number(b)
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * Returns whether a text or a `/pattern/` matches.
 * @throws Refusal `bad-pattern`
 */
export function matchesText(wanted: string, actual: string, patterns: Patterns): boolean {
  return isPattern(wanted) ? patterns.matches(sourceOf(wanted), actual) : wanted === actual
}

export function isPattern(text: string): boolean {
  return text.length > 1 && text.startsWith('/') && text.endsWith('/')
}

function sourceOf(written: string): string {
  return isPattern(written) ? written.slice(1, -1) : written
}

function list(filter: RubyHash, name: string): RubyValue[] {
  const found = field(filter, name) ?? []
  if (!Array.isArray(found)) throw new Refusal('bad-envelope', `a filter whose ${name} is no list`)
  return found
}

function texts(filter: RubyHash, name: string): string[] {
  return list(filter, name).map((item) => {
    const text = asText(item)
    if (text === undefined)
      throw new Refusal('bad-envelope', `a filter whose ${name} holds something other than text`)
    return text
  })
}

function factFilter(value: RubyValue): FactFilter {
  const fact = value instanceof RubyHash ? asText(field(value, 'fact')) : undefined
  const wanted = value instanceof RubyHash ? asText(field(value, 'value')) : undefined
  const written = value instanceof RubyHash ? asText(field(value, 'operator')) : undefined
  const operator = FACT_OPERATORS.find((known) => known === written)
  if (fact === undefined || wanted === undefined || operator === undefined) {
    throw new Refusal('bad-envelope', 'a fact filter that lacks a fact, a value or a known operator')
  }
  return { fact, value: wanted, operator }
}
