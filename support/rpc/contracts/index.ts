import {
  anyText,
  address,
  checkName,
  factName,
  flag,
  optionalVersion,
  packageName,
  serviceName,
} from './rules'
import { changes, looks, optional, type Contract } from './contract'

const onePackage = { package: packageName }
const oneService = { service: serviceName }
const oneAddress = { ipaddr: address }

/** The agents that Lockstep knows. Others can be called, but nothing about the call is checked before it is sent. */
export const contracts = {
  discovery: { agent: 'discovery', timeout: 5, actions: {} },
  rpcutil: {
    agent: 'rpcutil',
    timeout: 10,
    actions: {
      ping: looks({}, ['pong']),
      get_fact: looks({ fact: factName }, ['fact', 'value']),
      get_facts: looks({ facts: anyText(1000) }, ['values']),
      inventory: looks({}, ['agents', 'facts', 'classes']),
      agent_inventory: looks({}, ['agents']),
      daemon_stats: looks({}, ['version']),
      get_config_item: looks({ item: anyText(200) }, ['item', 'value']),
      collective_info: looks({}, ['main_collective', 'collectives']),
      get_data: looks({ source: factName, query: optional(anyText(200)) }, []),
    },
  },
  package: {
    agent: 'package',
    timeout: 180,
    actions: {
      status: looks(onePackage, ['ensure']),
      install: changes({ ...onePackage, version: optionalVersion }),
      update: changes(onePackage),
      uninstall: changes(onePackage),
      purge: changes(onePackage),
      count: looks({}, ['output']),
      md5: looks({}, ['output']),
      checkupdates: looks({}, ['outdated_packages']),
    },
  },
  service: {
    agent: 'service',
    timeout: 60,
    actions: {
      status: looks(oneService, ['status']),
      start: changes(oneService),
      stop: changes(oneService),
      restart: changes(oneService),
    },
  },
  nrpe: {
    agent: 'nrpe',
    timeout: 20,
    actions: { runcommand: looks({ command: checkName }, ['exitcode']) },
  },
  iptables: {
    agent: 'iptables',
    timeout: 20,
    actions: {
      block: changes(oneAddress),
      unblock: changes(oneAddress),
      isblocked: looks(oneAddress, ['blocked']),
      listblocked: looks({}, ['blocked']),
    },
  },
  puppet: {
    agent: 'puppet',
    timeout: 60,
    actions: {
      status: looks({}, ['enabled', 'applying']),
      last_run_summary: looks({}, ['lastrun']),
      runonce: changes({
        force: flag,
        noop: flag,
        environment: optional(anyText(100)),
        tags: optional(anyText(200)),
      }),
      enable: changes({}),
      disable: changes({ message: optional(anyText(200)) }),
    },
  },
} as const satisfies Record<string, Contract>

export function contractOf(agent: string): Contract | undefined {
  return Object.hasOwn(contracts, agent) ? contracts[agent as keyof typeof contracts] : undefined
}
