import { contracts } from '../rpc/contracts'
import type { Contract, Data } from '../rpc/contracts/contract'
import { ActionFailed, type Agent } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'
import { describeAgent, type DataSources } from './data_sources'

export interface HostFacts {
  identity: string
  facts: () => Readonly<Record<string, string>>
  classes: () => readonly string[]
  agents: () => readonly Contract[]
  mainCollective: string
  collectives: readonly string[]
  version: string
  /** Settings that `get_config_item` may tell. */
  config: Readonly<Record<string, Data>>
  data: DataSources
  stats: () => Record<string, Data>
  now: () => number
}

export function rpcutilAgent(host: HostFacts): Agent {
  const fact = (name: string) => {
    const facts = host.facts()
    return Object.hasOwn(facts, name) ? (facts[name] ?? null) : null
  }
  const names = () => host.agents().map(({ agent }) => agent)
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
        agents: names(),
        facts: { ...host.facts() },
        version: host.version,
        classes: [...host.classes()],
        main_collective: host.mainCollective,
        collectives: [...host.collectives],
        data_plugins: host.data.names.map((name) => `${name}_data`),
      }),
      agent_inventory: () => ({
        agents: [...host.agents()]
          .sort((a, b) => (a.agent < b.agent ? -1 : 1))
          .map((contract) => ({ ...describeAgent(contract, host.version), name: contract.agent })),
      }),
      collective_info: () => ({ main_collective: host.mainCollective, collectives: [...host.collectives] }),
      daemon_stats: () => ({ ...host.stats(), version: host.version, agents: names() }),
      get_config_item(inputs) {
        const item = textInput(inputs, 'item')
        const value = Object.hasOwn(host.config, item) ? host.config[item] : undefined
        if (value === undefined) throw new ActionFailed(`Unknown config property ${item}`)
        return { item, value }
      },
      async get_data(inputs) {
        const query = inputs['query']
        const found = await host.data.lookup(
          textInput(inputs, 'source'),
          typeof query === 'string' ? query : '',
        )
        if (found === undefined)
          throw new ActionFailed(
            `there is nothing to know from the data source ${textInput(inputs, 'source')}`,
          )
        return found
      },
    },
  }
}
