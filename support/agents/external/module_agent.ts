import { mutating, flag, readOnly, oneOf, optional, text } from '../../rpc/contracts/contract'
import { expectContract } from '../../rpc/contracts/expect_contract'
import { ActionFailed, type Agent } from '../../rpc/server/agent'
import { loadModule } from '../../system/load_module'

/** The tools that a module may build its agent with. It need not import Lockstep, which may be installed elsewhere. */
const TOOLS = { readOnly, mutating, text, optional, oneOf, flag, ActionFailed }
export type AgentTools = typeof TOOLS

/** Returns what a file of an agent exports: an agent, or what its function makes with `AgentTools`. */
export function agentOfExport(exported: unknown): unknown {
  return typeof exported === 'function' ? (exported as (tools: AgentTools) => unknown)(TOOLS) : exported
}

/**
 * Loads an agent from a module. The default export is a contract with its actions, or a function that makes them with
 * `AgentTools`.
 * @throws Error that says what the module lacks
 */
export function moduleAgent(path: string): Agent {
  const loaded = loadModule(path)
  const made = agentOfExport(loaded['default'] ?? loaded)
  const agent = (typeof made === 'object' ? made : undefined) as Partial<Agent> | null | undefined
  const actions = agent?.actions
  if (agent?.contract === undefined || actions === undefined)
    throw new Error('it exports no agent: expected { contract, actions } as its default export')
  const contract = expectContract(agent.contract)
  for (const name of Object.keys(contract.actions))
    if (typeof actions[name] !== 'function') throw new Error(`nothing carries out its action ${name}`)
  const unknown = Object.keys(actions).find((name) => !Object.hasOwn(contract.actions, name))
  if (unknown !== undefined) throw new Error(`its action ${unknown} is not in its contract`)
  return { ...agent, contract, actions }
}
