import { optional, readOnly, type Contract } from './contract'
import { puppetEnvironment } from './rules'

/** The contract of a host that is a puppet master. */
export const puppetserver = {
  agent: 'puppetserver',
  description: 'Tells which code the puppetserver on this host serves',
  timeout: 120,
  actions: {
    serving: readOnly('Has the puppetserver compile the catalog of this host, and tells its version', {
      inputs: { environment: optional(puppetEnvironment) },
      outputs: {
        version: 'The config version of the catalog',
        environment: 'The environment that the catalog is of',
        fresh: 'Whether each catalog is compiled from the code that is on disk then',
      },
      also: {
        environment_timeout: 'How long the server keeps code in memory, as puppet has it',
        url: 'Where the server was asked',
      },
    }),
  },
} as const satisfies Contract
