import { readOnly, optional, type Contract } from './contract'
import { anyText, factName } from './rules'

export const rpcutil = {
  agent: 'rpcutil',
  description: 'Tells about the daemon and its host',
  timeout: 10,
  actions: {
    ping: readOnly('Answers with the time of the host', {
      outputs: { pong: 'The time, seconds since 1970' },
    }),
    get_fact: readOnly('Tells a fact', {
      inputs: { fact: factName },
      outputs: { fact: 'The name of the fact', value: 'The value of the fact' },
    }),
    get_facts: readOnly('Tells several facts', {
      inputs: { facts: anyText(1000) },
      outputs: { values: 'Values by name' },
    }),
    inventory: readOnly('Tells facts, classes and agents', {
      outputs: { agents: 'Names of agents', facts: 'Facts by name', classes: 'Names of classes' },
      also: {
        version: 'The version of the daemon',
        collectives: 'The collectives that it is in',
        main_collective: 'The main one of these',
        data_plugins: 'The data sources that expressions can ask',
      },
    }),
    agent_inventory: readOnly('Tells the agents and their versions', {
      outputs: { agents: 'The agents' },
    }),
    daemon_stats: readOnly('Tells what the daemon has done', {
      outputs: { version: 'The version of the daemon' },
    }),
    get_config_item: readOnly('Tells a setting of the daemon', {
      inputs: { item: anyText(200) },
      outputs: { item: 'The name of the setting', value: 'Its value' },
    }),
    collective_info: readOnly('Tells the collectives of the host', {
      outputs: { main_collective: 'The main collective', collectives: 'All collectives' },
    }),
    get_data: readOnly('Asks a data source', {
      inputs: { source: factName, query: optional(anyText(200)) },
    }),
  },
} as const satisfies Contract
