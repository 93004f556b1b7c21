import type { Contract, Data } from '../rpc/contracts/contract'

/** The data sources that compound filters and `get_data` can ask a host for, beside its facts and classes. */
export interface DataSources {
  readonly names: readonly string[]
  /** Resolves with the data of a source; undefined for an unknown source, and for an agent that the host does not have. */
  lookup(source: string, query: string): Promise<Record<string, Data> | undefined>
}

/** Looks at a path of a host as MCollective's `fstat` does. */
export type FileLook = (path: string) => Promise<Record<string, Data>>

/** Returns the sources that every MCollective daemon has: `fact`, `agent` and `fstat`. */
export function dataSources(host: {
  facts: () => Readonly<Record<string, string>>
  agents: () => readonly Contract[]
  version: string
  fstat: FileLook
}): DataSources {
  const sources: Readonly<Record<string, (query: string) => Found | Promise<Found>>> = {
    fact: (name) => {
      const facts = host.facts()
      const exists = Object.hasOwn(facts, name)
      return exists
        ? { exists, value: facts[name] ?? '', value_encoding: 'text/plain' }
        : { exists, value: false, value_encoding: false }
    },
    agent(name) {
      const found = host.agents().find(({ agent }) => agent === name)
      return found === undefined ? undefined : describeAgent(found, host.version)
    },
    fstat: host.fstat,
  }
  return {
    names: Object.keys(sources),
    lookup: async (source, query) => (Object.hasOwn(sources, source) ? sources[source]?.(query) : undefined),
  }
}

type Found = Record<string, Data> | undefined

/** Describes an agent as MCollective does. */
export function describeAgent({ agent, timeout }: Contract, version: string): Record<string, Data> {
  const description = `the ${agent} agent of Lockstep`
  return { agent, timeout, version, description, license: 'Apache-2.0', url: '', author: 'Lockstep' }
}
