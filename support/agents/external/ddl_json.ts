import { inputPattern } from '../../protocol/patterns'
import {
  mutating,
  text,
  type ActionContract,
  type Contract,
  type InputRule,
} from '../../rpc/contracts/contract'

/**
 * Reads the contract from a JSON DDL, which Choria's external agents have beside them.
 * @throws Error that says what is missing or wrong in it
 */
export function contractFromJson(json: string): Contract {
  const ddl = mapping(parseJson(json), 'the DDL')
  const metadata = mapping(ddl['metadata'], 'metadata')
  const agent = words(metadata['name'], 'metadata.name')
  if (!/^[a-z][a-z0-9_]*$/.test(agent))
    throw new Error(`metadata.name is ${JSON.stringify(agent)}, which is no name of an agent`)
  const timeout = metadata['timeout']
  if (typeof timeout !== 'number' || !(timeout >= 1 && timeout <= 3_600))
    throw new Error('metadata.timeout has to be 1 to 3600 seconds')
  const actions = ddl['actions']
  if (!Array.isArray(actions) || actions.length === 0) throw new Error('it has no actions')
  return {
    agent,
    description: typeof metadata['description'] === 'string' ? metadata['description'] : `the agent ${agent}`,
    timeout,
    actions: Object.fromEntries(actions.map((each) => actionOf(mapping(each, 'an action')))),
  }
}

/** Reads an action. A DDL does not say what an action does to a host, so the action may change it. */
function actionOf(action: Record<string, unknown>): [string, ActionContract] {
  const name = words(action['action'], 'the name of an action')
  if (!/^[a-z]\w*$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name of an action`)
  const inputs = Object.entries(mapping(action['input'] ?? {}, `the inputs of ${name}`)).map(
    ([input, rule]) =>
      [input, ruleOf(`${name}.${input}`, mapping(rule, `the input ${name}.${input}`))] as const,
  )
  const outputs = Object.entries(mapping(action['output'] ?? {}, `the outputs of ${name}`)).map(
    ([output, about]) => {
      const { description } = mapping(about, `the output ${name}.${output}`)
      return [output, typeof description === 'string' ? description : output] as const
    },
  )
  const description = typeof action['description'] === 'string' ? action['description'] : name
  const says = { inputs: Object.fromEntries(inputs), also: Object.fromEntries(outputs) }
  return [name, mutating(description, says)]
}

function ruleOf(where: string, rule: Record<string, unknown>): InputRule {
  const optional = rule['optional'] === true
  switch (rule['type']) {
    case 'string':
      return { ...textRule(where, rule), optional }
    case 'boolean':
      return { kind: 'boolean', optional }
    case 'integer':
      return { kind: 'whole number', optional }
    case 'number':
    case 'float':
      return { kind: 'number', optional }
    case 'list': {
      const choices = rule['list']
      if (!Array.isArray(choices) || !choices.every((each) => typeof each === 'string'))
        throw new Error(`${where} is a list, and does not say of what`)
      return { kind: 'one of', choices, optional }
    }
    case 'array':
      return { kind: 'list', optional }
    case 'hash':
      return { kind: 'mapping', optional }
    default:
      throw new Error(`${where} has the type ${JSON.stringify(rule['type'])}, which is not known`)
  }
}

const NAMED: Readonly<Record<string, RegExp>> = {
  shellsafe: /^[^`$;|&><\n\0]*$/,
  ipv4address: /^\d{1,3}(\.\d{1,3}){3}$/,
  ipv6address: /^[0-9a-fA-F:.]+$/,
  ipaddress: /^[0-9a-fA-F:.]+$/,
  bool: /^(true|false)$/,
}

function textRule(where: string, rule: Record<string, unknown>): InputRule {
  const { validation, maxlength } = rule
  if (typeof validation !== 'string') throw new Error(`${where} has no validation`)
  const longest = typeof maxlength === 'number' && maxlength > 0 ? maxlength : 10_000
  const named = Object.hasOwn(NAMED, validation) ? NAMED[validation] : undefined
  return text(named ?? patternOf(where, validation), longest, `what ${validation} allows`)
}

function patternOf(where: string, source: string): ReturnType<typeof inputPattern> {
  try {
    return inputPattern(source)
  } catch (error) {
    throw new Error(`the validation of ${where} is no regular expression: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new Error(`it is no JSON: ${(error as Error).message}`, { cause: error })
  }
}

function mapping(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what} is no mapping`)
  return value as Record<string, unknown>
}

function words(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new Error(`${what} is missing`)
  return value
}
