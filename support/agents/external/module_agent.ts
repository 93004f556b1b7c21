import {
  mutating,
  flag,
  readOnly,
  oneOf,
  optional,
  text,
  type ActionContract,
  type Contract,
} from '../../rpc/contracts/contract'
import { ActionFailed, type Agent } from '../../rpc/server/agent'

/** The tools that a module may build its agent with. It need not import Lockstep, which may be installed elsewhere. */
const TOOLS = { readOnly, mutating, text, optional, oneOf, flag, ActionFailed }
export type AgentTools = typeof TOOLS

/**
 * Loads an agent from a module. The default export is a contract with its actions, or a function that makes them with
 * `AgentTools`.
 * @throws Error that says what the module lacks
 */
export function moduleAgent(path: string): Agent {
  const loaded = load(path)
  const exported = loaded['default'] ?? loaded
  const made: unknown =
    typeof exported === 'function' ? (exported as (tools: AgentTools) => unknown)(TOOLS) : exported
  const agent = (typeof made === 'object' ? made : undefined) as Partial<Agent> | null | undefined
  const contract = agent?.contract as Partial<Contract> | undefined
  const actions = agent?.actions
  if (contract === undefined || actions === undefined)
    throw new Error('it exports no agent: expected { contract, actions } as its default export')
  if (typeof contract.agent !== 'string' || !/^[a-z][a-z0-9_]*$/.test(contract.agent))
    throw new Error('contract.agent is no name of an agent')
  if (typeof contract.timeout !== 'number' || !(contract.timeout >= 1))
    throw new Error('contract.timeout has to be in seconds')
  for (const [name, known] of Object.entries(contract.actions ?? {})) {
    if (typeof actions[name] !== 'function') throw new Error(`nothing carries out its action ${name}`)
    if (!isContract(known)) throw new Error(`the contract of its action ${name} lacks inputs or effect`)
  }
  const unknown = Object.keys(actions).find((name) => !Object.hasOwn(contract.actions ?? {}, name))
  if (unknown !== undefined) throw new Error(`its action ${unknown} is not in its contract`)
  return agent as Agent
}

function isContract(known: Partial<ActionContract>): boolean {
  return typeof known.inputs === 'object' && (known.effect === 'readOnly' || known.effect === 'mutating')
}

/**
 * Loads a module. Node reads TypeScript by itself from 22.18 on, and before that with ts-node, where it is installed.
 */
function load(path: string): Record<string, unknown> {
  if (/\.[cm]?ts$/.test(path) && !('typescript' in process.features && process.features.typescript !== false))
    readTypeScript()
  return require(path) as Record<string, unknown>
}

function readTypeScript(): void {
  try {
    ;(require('ts-node') as typeof import('ts-node')).register({ transpileOnly: true })
  } catch (error) {
    throw new Error(
      'TypeScript needs Node 22.18, or ts-node installed beside Lockstep; or compile it first',
      {
        cause: error,
      },
    )
  }
}
