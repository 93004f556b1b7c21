import { dataSources, type DataSources, type FileLook } from '../agents/data_sources'
import { rpcutilAgent } from '../agents/rpcutil'
import { FactFiles } from './fact_cache'
import { readClasses, type ServerEnvironment } from '../config/server_cfg'
import type { FilterSubject } from '../protocol/filter'
import { contracts } from '../rpc/contracts'
import type { Contract, Data } from '../rpc/contracts/contract'
import type { Agent } from '../rpc/server/agent'
import type { DataLookup } from '../rpc/server/asked_data'

export interface SelfOptions {
  environment: ServerEnvironment
  version: string
  now: () => number
  fstat: FileLook
  stats: () => Record<string, Data>
  onTrouble: (what: string) => void
}

/** A host's facts and classes as they are at the moment, and its agents. */
export class NodeState {
  readonly agents: ReadonlyMap<string, Agent>
  /** The host as filters see it. */
  readonly subject: FilterSubject
  private readonly data: DataSources

  constructor(options: SelfOptions, others: readonly Agent[]) {
    const { environment, version, fstat, onTrouble } = options
    const facts = new FactFiles(environment.factFiles, onTrouble)
    this.data = dataSources({ facts: () => facts.facts(), agents: () => this.contracts(), version, fstat })
    const names = () => this.names()
    this.subject = {
      identity: environment.identity,
      get facts() {
        return facts.facts()
      },
      get classes() {
        return readClasses(environment.classesFile)
      },
      get agents() {
        return names()
      },
    }
    const own = [this.rpcutil(options), ...others]
    this.agents = new Map(own.map((agent) => [agent.contract.agent, agent]))
  }

  /** Looks up the data functions of an expression. */
  readonly lookup: DataLookup = (name, argument) => this.data.lookup(name, argument)

  names(): string[] {
    return this.contracts().map(({ agent }) => agent)
  }

  private contracts(): Contract[] {
    return [contracts.discovery, ...[...this.agents.values()].map(({ contract }) => contract)]
  }

  private rpcutil({ environment, version, now, stats }: SelfOptions): Agent {
    const { identity, mainCollective, collectives, connector, path, classesFile } = environment
    return rpcutilAgent({
      identity,
      facts: () => this.subject.facts,
      classes: () => this.subject.classes,
      agents: () => this.contracts(),
      mainCollective,
      collectives,
      version,
      config: {
        identity,
        main_collective: mainCollective,
        collectives: [...collectives],
        connector,
        configfile: path,
        classesfile: classesFile,
      },
      data: this.data,
      stats,
      now,
    })
  }
}
