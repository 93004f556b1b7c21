import { types } from 'node:util'
import type { ActionContract, Contract, InputRule } from './contract'

const AGENT = /^[a-z][a-z0-9_]*$/
const ACTION = /^[a-z]\w*$/
const INPUT = /^[a-zA-Z_]\w*$/
/** The input that MCollective adds to requests by itself. */
const NOT_OF_AN_AGENT = 'process_results'
const MAX_TIMEOUT_S = 3_600
const MAX_LONGEST = 1_000_000

type Written = Readonly<Record<string, unknown>>

/**
 * Expects a contract of an agent, and returns a copy that no code can change. Each part is read once.
 * @throws Error that names the part, what it is, and what was expected
 */
export function expectContract(written: unknown): Contract {
  const parts = partsOf('contract', written, ['agent', 'description', 'timeout', 'actions'])
  const { agent, description, timeout, actions } = parts
  if (typeof agent !== 'string' || !AGENT.test(agent))
    throw odd('contract.agent', agent, 'the name of an agent: small letters, digits and _')
  if (typeof timeout !== 'number' || !(timeout >= 1 && timeout <= MAX_TIMEOUT_S))
    throw odd('contract.timeout', timeout, `1 to ${MAX_TIMEOUT_S} seconds`)
  return Object.freeze({
    agent,
    description: textOr(`the agent ${agent}`, 'contract.description', description),
    timeout,
    actions: byName('contract.actions', actions, ACTION, expectAction),
  })
}

function expectAction(where: string, written: unknown, name: string): ActionContract {
  const parts = partsOf(where, written, ['description', 'effect', 'inputs', 'outputs', 'tells'])
  const { description, effect, inputs, outputs = [], tells = {} } = parts
  if (effect !== 'readOnly' && effect !== 'mutating')
    throw odd(`${where}.effect`, effect, 'readOnly or mutating')
  return Object.freeze({
    description: textOr(name, `${where}.description`, description),
    effect,
    inputs: byName(`${where}.inputs`, inputs, INPUT, expectRule),
    outputs: textsOf(`${where}.outputs`, outputs),
    tells: byName(`${where}.tells`, tells, INPUT, (each, about) => textOr('', each, about)),
  })
}

function expectRule(where: string, written: unknown, name: string): InputRule {
  if (name === NOT_OF_AN_AGENT)
    throw new Error(`${where} is an input of MCollective's own; give it another name`)
  const rule = partsOf(where, written, ['kind', 'optional', 'pattern', 'longest', 'expected', 'choices'])
  const { kind, optional } = rule
  if (typeof optional !== 'boolean') throw odd(`${where}.optional`, optional, 'true or false')
  switch (kind) {
    case 'boolean':
    case 'whole number':
    case 'number':
    case 'list':
    case 'mapping':
      return Object.freeze({ kind, optional })
    case 'one of': {
      const choices = textsOf(`${where}.choices`, rule['choices'])
      if (choices.length === 0) throw new Error(`${where}.choices is empty; expected at least one text`)
      return Object.freeze({ kind, choices, optional })
    }
    case 'text':
      return Object.freeze({ ...expectText(where, rule), optional })
    default:
      throw odd(`${where}.kind`, kind, 'text, boolean, whole number, number, one of, list or mapping')
  }
}

function expectText(where: string, { pattern, longest, expected }: Written) {
  if (typeof longest !== 'number' || !Number.isInteger(longest) || longest < 1 || longest > MAX_LONGEST)
    throw odd(`${where}.longest`, longest, `a whole number from 1 to ${MAX_LONGEST}`)
  if (typeof expected !== 'string' || expected.trim() === '')
    throw odd(`${where}.expected`, expected, 'a few words, such as a name')
  return { kind: 'text' as const, pattern: expectPattern(`${where}.pattern`, pattern), longest, expected }
}

/** A stand-in could say anything of a text, or nothing in time: a copy of a regular expression cannot. */
function expectPattern(where: string, pattern: unknown): RegExp {
  if (!types.isRegExp(pattern)) throw odd(where, pattern, 'a regular expression')
  const copy = new RegExp(pattern)
  if (copy.global || copy.sticky)
    throw new Error(
      `${where} has the flag ${copy.global ? 'g' : 'y'}, with which it forgets where it begins; take it away`,
    )
  return Object.freeze(copy)
}

/** Returns the own parts of an object, each read once. */
function partsOf(where: string, written: unknown, known: readonly string[]): Written {
  if (!isMapping(written)) throw odd(where, written, `an object with ${known.join(', ')}`)
  const parts = { ...written }
  const unknown = Object.keys(parts).find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new Error(`${where} has ${show(unknown)}, which is not known; expected ${known.join(', ')}`)
  return parts
}

/** Returns a copy of an object by names, in which nothing is inherited. */
function byName<T>(
  where: string,
  written: unknown,
  form: RegExp,
  expectEach: (where: string, each: unknown, name: string) => T,
): Readonly<Record<string, T>> {
  if (!isMapping(written)) throw odd(where, written, 'an object by name')
  const copied = Object.entries(written).map(([name, each]) => {
    if (!form.test(name))
      throw new Error(`${where} has ${show(name)}; expected names of letters, digits and _`)
    return [name, expectEach(`${where}.${name}`, each, name)] as const
  })
  return Object.freeze(Object.fromEntries(copied))
}

function textsOf(where: string, written: unknown): readonly string[] {
  const copied: unknown[] | undefined = Array.isArray(written) ? [...(written as unknown[])] : undefined
  if (copied === undefined) throw odd(where, written, 'a list of texts')
  return Object.freeze(
    copied.map((each, index) => {
      if (typeof each !== 'string' || each === '') throw odd(`${where}.${index}`, each, 'a text')
      return each
    }),
  )
}

function textOr(otherwise: string, where: string, written: unknown): string {
  if (written === undefined) return otherwise
  if (typeof written !== 'string') throw odd(where, written, 'a text')
  return written
}

function isMapping(value: unknown): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function odd(where: string, value: unknown, expected: string): Error {
  return new Error(
    value === undefined
      ? `${where} is missing; expected ${expected}`
      : `${where} is ${show(value)}; expected ${expected}`,
  )
}

/** Shows any value in a few words, without calling code of it. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (types.isPromise(value)) return 'a promise'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}
