/** JSON-like data in requests to agents and in their replies. */
export type Data = null | boolean | number | bigint | string | Data[] | { [key: string]: Data }

/** The contract of one agent, which both sides know: MCollective's DDL, as data. */
export interface Contract {
  readonly agent: string
  readonly description: string
  /** Seconds that any action of the agent may take. */
  readonly timeout: number
  readonly actions: Readonly<Record<string, ActionContract>>
}

export interface ActionContract {
  readonly description: string
  /** `mutating` when the action can change a host. An action that only looks may be asked twice. */
  readonly effect: 'readOnly' | 'mutating'
  readonly inputs: Readonly<Record<string, InputRule>>
  /** Names that every successful reply has to carry. */
  readonly outputs: readonly string[]
  /** Descriptions by name of all that replies tell; `outputs` are among the names. */
  readonly tells: Readonly<Record<string, string>>
}

/** A test for the form of a text: a regular expression or a stand-in for one. */
type TextPattern = { test(value: string): boolean; readonly source: string }

export type InputRule =
  | {
      readonly kind: 'text'
      readonly pattern: TextPattern
      readonly longest: number
      readonly expected: string
      readonly optional: boolean
      /** True for a text that no log has. */
      readonly hidden?: boolean
    }
  | { readonly kind: 'boolean'; readonly optional: boolean }
  | { readonly kind: 'whole number'; readonly optional: boolean }
  | { readonly kind: 'number'; readonly optional: boolean }
  | { readonly kind: 'one of'; readonly choices: readonly string[]; readonly optional: boolean }
  | { readonly kind: 'list'; readonly optional: boolean }
  | { readonly kind: 'mapping'; readonly optional: boolean }

interface Says {
  inputs?: ActionContract['inputs']
  /** Descriptions by name of what every successful reply carries. */
  outputs?: Readonly<Record<string, string>>
  /** Descriptions by name of what a reply may carry as well. */
  also?: Readonly<Record<string, string>>
}

export function readOnly(description: string, says: Says = {}): ActionContract {
  return action('readOnly', description, says)
}

export function mutating(description: string, says: Says = {}): ActionContract {
  return action('mutating', description, says)
}

function action(
  effect: ActionContract['effect'],
  description: string,
  { inputs = {}, outputs = {}, also = {} }: Says,
): ActionContract {
  return { description, effect, inputs, outputs: Object.keys(outputs), tells: { ...outputs, ...also } }
}

export function text(pattern: TextPattern, longest: number, expected: string): InputRule {
  return { kind: 'text', pattern, longest, expected, optional: false }
}

export function oneOf(...choices: string[]): InputRule {
  return { kind: 'one of', choices, optional: false }
}

export const flag: InputRule = { kind: 'boolean', optional: true }

export function optional(rule: InputRule): InputRule {
  return { ...rule, optional: true }
}

/** Returns how these inputs break the contract, as the end of a sentence, or undefined when they keep it. */
export function inputFault(
  action: ActionContract,
  inputs: Readonly<Record<string, Data>>,
): InputFault | undefined {
  for (const [name, rule] of Object.entries(action.inputs)) {
    if (!rule.optional && !Object.hasOwn(inputs, name))
      return { kind: 'missing', message: `${name} is missing` }
  }
  for (const [name, value] of Object.entries(inputs)) {
    if (name === 'process_results') continue
    const rule = Object.hasOwn(action.inputs, name) ? action.inputs[name] : undefined
    if (rule === undefined) {
      const known = Object.keys(action.inputs).join(', ') || 'none'
      return { kind: 'invalid', message: `there is no input named ${name} (there are: ${known})` }
    }
    const fault = valueFault(rule, value)
    if (fault !== undefined) return { kind: 'invalid', message: `${name} ${fault}` }
  }
  return undefined
}

export interface InputFault {
  kind: 'missing' | 'invalid'
  message: string
}

/** Returns whether a value is what a rule allows. */
export function fits(rule: InputRule, value: Data): boolean {
  return valueFault(rule, value) === undefined
}

function valueFault(rule: InputRule, value: Data): string | undefined {
  switch (rule.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'has to be true or false'
    case 'whole number':
      return Number.isInteger(value) ? undefined : 'has to be a whole number'
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? undefined : 'has to be a number'
    case 'list':
      return Array.isArray(value) ? undefined : 'has to be a list'
    case 'mapping':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? undefined
        : 'has to be a mapping of names to values'
    case 'one of':
      return typeof value === 'string' && rule.choices.includes(value)
        ? undefined
        : `has to be one of ${rule.choices.join(', ')}`
    case 'text':
      return textFault(rule, value)
  }
}

function textFault(rule: InputRule & { kind: 'text' }, value: Data): string | undefined {
  if (typeof value !== 'string') return `has to be text: ${rule.expected}`
  if (value.length > rule.longest) return `is longer than ${rule.longest} characters`
  if (rule.hidden === true && !rule.pattern.test(value)) return `is not ${rule.expected}`
  return rule.pattern.test(value) ? undefined : `is ${JSON.stringify(value)}, which is not ${rule.expected}`
}
