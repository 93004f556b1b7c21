import { contractFromJson } from '../agents/external/ddl_json'
import { agentOfExport } from '../agents/external/module_agent'
import { reasonOf } from '../rollout/model/thrown'
import { contracts } from '../rpc/contracts'
import type { Contract } from '../rpc/contracts/contract'
import { expectContract } from '../rpc/contracts/expect_contract'
import { LockstepError } from '../system/errors'
import { redactNothing } from '../system/redaction'
import type { Added } from './extensions'
import type { Adding } from './refuse'

/** Adds the contracts of the agents that a file exports by name. Each is checked and copied here, once. */
export function addAgents(
  all: Map<string, Added<Contract>>,
  exported: unknown,
  { file, refuse }: Adding,
): void {
  if (exported === undefined) return
  if (typeof exported !== 'object' || exported === null || Array.isArray(exported))
    return refuse('its agents are no object; expected an agent by name')
  for (const [name, agent] of Object.entries(exported)) {
    if (Object.hasOwn(contracts, name))
      return refuse(`Lockstep has an agent ${name} already; give it another name, on its hosts too`)
    const twin = all.get(name)
    if (twin !== undefined) return refuse(`${twin.file} has an agent ${name} already; leave one of them out`)
    const contract = contractOf(agent, (what, cause) => refuse(`the agent ${name}: ${what}`, cause))
    if (contract.agent !== name)
      return refuse(`the agent ${name} has the contract of ${contract.agent}; name it ${contract.agent}`)
    all.set(name, { file, add: contract })
  }
}

function contractOf(exported: unknown, refuse: Adding['refuse']): Contract {
  try {
    const agent = agentOfExport(exported)
    if (typeof agent === 'object' && agent !== null) {
      if ('then' in agent) return refuse('it is made by a promise; expected an agent at once')
      if ('metadata' in agent) return contractFromJson(JSON.stringify(agent))
      if ('contract' in agent) return expectContract(agent.contract)
    }
    return refuse('it has no contract; expected what its file on the hosts exports')
  } catch (error) {
    if (error instanceof LockstepError) throw error
    return refuse(reasonOf(error, redactNothing), error)
  }
}
