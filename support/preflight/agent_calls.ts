import { kindOf } from '../sentences/catalogue'
import type { KnownKind } from '../sentences/effects'
import type { ContractLookup } from '../rpc/contracts'
import { inputFault, type ActionContract } from '../rpc/contracts/contract'
import { agentInput } from '../rollout/model/agent_inputs'

/** The effects of sentences that call an action of an agent; their first two values are the action and the agent. */
const CALLS: ReadonlySet<KnownKind | undefined> = new Set(['runs action', 'sees action'])
/** Matches a variable as it is written; a secret one is filled in only when its line is run. */
const VARIABLE = /<[^<>]+>/

/**
 * Returns why a line that calls an action of an agent could not be carried out on any host. As far as the agent is
 * known, it has no such action, does not take an input, or misses one. `rows` is the table below the line.
 */
export function agentCallFaults(
  expression: string,
  values: readonly string[],
  rows: readonly (readonly string[])[],
  contractOf: ContractLookup,
): string[] {
  if (!CALLS.has(kindOf(expression))) return []
  const odd = rows.find(({ length }) => length !== 2)
  if (odd !== undefined)
    return [`the table of inputs has two columns, a name and a value: ${odd.join(' | ')}`]
  const names = rows.map(([name = '']) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) return [`the table of inputs has ${twice} twice`]
  const [action = '', agent = ''] = values
  const contract = contractOf(agent)
  if (contract === undefined || VARIABLE.test(action)) return []
  const known = Object.hasOwn(contract.actions, action) ? contract.actions[action] : undefined
  if (known === undefined)
    return [`the agent ${agent} has no action ${action}; it has: ${Object.keys(contract.actions).join(', ')}`]
  const fault = faultOf(known, new Map(rows.map(([name = '', value = '']) => [name, value])))
  return fault === undefined ? [] : [`${agent} ${action}: ${fault}`]
}

/** Returns what is wrong with the inputs of an action. Values that are filled in later are not judged. */
function faultOf(action: ActionContract, written: ReadonlyMap<string, string>): string | undefined {
  const later = [...written].flatMap(([name, value]) => (VARIABLE.test(value) ? [name] : []))
  const rules = Object.entries(action.inputs).map(([name, rule]) => [
    name,
    later.includes(name) ? { ...rule, optional: true } : rule,
  ])
  const now = [...written].filter(([name]) => !later.includes(name) || !Object.hasOwn(action.inputs, name))
  const inputs = Object.fromEntries(now.map(([name, value]) => [name, agentInput(value)]))
  return inputFault({ ...action, inputs: Object.fromEntries(rules) }, inputs)?.message
}
