import { contracts } from '../rpc/contracts'
import { ActionFailed, type Agent } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'

export interface HostFacts {
  identity: string
  facts: Readonly<Record<string, string>>
  classes: readonly string[]
  agents: () => readonly string[]
  collective: string
  now: () => number
}

export function rpcutilAgent(host: HostFacts): Agent {
  const fact = (name: string) => (Object.hasOwn(host.facts, name) ? (host.facts[name] ?? null) : null)
  return {
    contract: contracts.rpcutil,
    actions: {
      ping: () => ({ pong: Math.floor(host.now() / 1000) }),
      get_fact: (inputs) => ({ fact: textInput(inputs, 'fact'), value: fact(textInput(inputs, 'fact')) }),
      get_facts: (inputs) => ({
        values: Object.fromEntries(
          textInput(inputs, 'facts')
            .split(',')
            .map((name) => [name.trim(), fact(name.trim())]),
        ),
      }),
      inventory: () => ({
        agents: [...host.agents()],
        facts: { ...host.facts },
        classes: [...host.classes],
        main_collective: host.collective,
        collectives: [host.collective],
      }),
      collective_info: () => ({ main_collective: host.collective, collectives: [host.collective] }),
      get_config_item(inputs) {
        if (inputs['item'] !== 'identity')
          throw new ActionFailed(`Unknown config property ${textInput(inputs, 'item')}`)
        return { item: 'identity', value: host.identity }
      },
    },
  }
}
