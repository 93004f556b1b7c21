/** JSON-like data, as it is said to and heard from agents. */
export type Data = null | boolean | number | bigint | string | Data[] | { [key: string]: Data }

/** What both sides agree on about one agent: MCollective's DDL, as data. */
export interface Contract {
  readonly agent: string
  /** Seconds that any of its actions may take. */
  readonly timeout: number
  readonly actions: Readonly<Record<string, ActionContract>>
}

export interface ActionContract {
  /** Whether a host can be other than before once it is done. What only looks may be asked twice. */
  readonly effect: 'looks' | 'changes'
  readonly inputs: Readonly<Record<string, InputRule>>
  /** Names that every successful reply has to carry. */
  readonly outputs: readonly string[]
}

export type InputRule =
  | {
      readonly kind: 'text'
      readonly pattern: RegExp
      readonly longest: number
      readonly expected: string
      readonly optional: boolean
    }
  | { readonly kind: 'boolean'; readonly optional: boolean }
  | { readonly kind: 'whole number'; readonly optional: boolean }

export function looks(inputs: ActionContract['inputs'], outputs: readonly string[]): ActionContract {
  return { effect: 'looks', inputs, outputs }
}

export function changes(inputs: ActionContract['inputs'], outputs: readonly string[] = []): ActionContract {
  return { effect: 'changes', inputs, outputs }
}

export function text(pattern: RegExp, longest: number, expected: string): InputRule {
  return { kind: 'text', pattern, longest, expected, optional: false }
}

export function optional(rule: InputRule): InputRule {
  return { ...rule, optional: true }
}

/** Why these inputs break the contract, as the end of a sentence, or undefined when they keep it. */
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

function valueFault(rule: InputRule, value: Data): string | undefined {
  if (rule.kind === 'boolean') return typeof value === 'boolean' ? undefined : 'has to be true or false'
  if (rule.kind === 'whole number') return Number.isInteger(value) ? undefined : 'has to be a whole number'
  if (typeof value !== 'string') return `has to be text: ${rule.expected}`
  if (value.length > rule.longest) return `is longer than ${rule.longest} characters`
  return rule.pattern.test(value) ? undefined : `is ${JSON.stringify(value)}, which is not ${rule.expected}`
}
