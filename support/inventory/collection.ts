import { isHostName } from './host_list_file'
import { LockstepError } from '../system/errors'
import type { Host } from './host'
import { excerpt } from '../system/redaction'

/** Hosts of several sources, put together by name. */
export class Collection {
  private readonly sources: Map<string, Host>[] = []
  private readonly known: ReadonlySet<string> | undefined

  constructor(environments: readonly string[] | undefined) {
    this.known = environments === undefined ? undefined : new Set(environments)
  }

  /**
   * Returns what takes the hosts of the next source.
   * @throws LockstepError for a host that is twice in it, or cannot be
   */
  beginSource(): (host: Host) => void {
    const hosts = new Map<string, Host>()
    this.sources.push(hosts)
    return (host) => {
      this.expectSound(host)
      const key = host.name.toLowerCase()
      const before = hosts.get(key)
      if (before !== undefined) {
        const where = before.from === host.from ? '' : `, at ${before.from}`
        throw fault(host, `the host ${host.name} is listed already${where}; list it once`)
      }
      hosts.set(key, host)
    }
  }

  /**
   * Returns the hosts of all sources, merged by name.
   * @throws LockstepError naming both places where two sources contradict each other
   */
  hosts(): Host[] {
    const [first = new Map<string, Host>(), ...more] = this.sources
    if (more.length === 0) return [...first.values()]
    const names = new Set(this.sources.flatMap((hosts) => [...hosts.keys()]))
    return [...names].map((name) => mergeHosts(this.sources.flatMap((hosts) => hosts.get(name) ?? [])))
  }

  private expectSound(host: Host): void {
    const { name, environment } = host
    if (!isHostName(name)) throw fault(host, `${JSON.stringify(excerpt(name, 80))} is no host name`)
    if (environment === undefined || (this.known?.has(environment) ?? true)) return
    const there = [...(this.known ?? [])].join(', ')
    const shown = JSON.stringify(excerpt(environment, 80))
    throw fault(host, `${name} has the environment ${shown}, which is not known; there are: ${there}`)
  }
}

function mergeHosts(parts: readonly Host[]): Host {
  const [first, ...more] = parts
  if (first === undefined) throw new Error('a host that no source has')
  return more.reduce(both, first)
}

function both(one: Host, other: Host): Host {
  const agreed = <T extends string | undefined>(what: string, a: T, b: T): T => {
    if (a !== undefined && b !== undefined && a !== b)
      throw new LockstepError(
        'bad-config',
        `${what} is ${JSON.stringify(a)} at ${one.from}, and ${JSON.stringify(b)} at ${other.from}; let them say the same, or one of them nothing`,
      )
    return a ?? b
  }
  const facts = new Map(Object.entries(one.facts))
  for (const [fact, value] of Object.entries(other.facts))
    facts.set(fact, agreed(`the fact ${fact} of ${one.name}`, facts.get(fact) ?? value, value))
  return {
    name: agreed(`the name of ${one.name}`, one.name, other.name),
    environment: agreed(`the environment of ${one.name}`, one.environment, other.environment),
    classes: [...new Set([...one.classes, ...other.classes])],
    facts: Object.fromEntries(facts),
    from: `${one.from} and ${other.from}`,
  }
}

function fault({ from }: Host, what: string): LockstepError {
  return new LockstepError('bad-config', `${from}: ${what}`)
}
