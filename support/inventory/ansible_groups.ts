import type { LockstepError } from '../system/errors'
import { excerpt } from '../system/redaction'

export interface Group {
  hosts: readonly string[]
  children: readonly string[]
  vars: Readonly<Record<string, unknown>>
}

/** The groups that every host is in, so that they say nothing of it. */
const EVERYBODY = new Set(['all', 'ungrouped'])
const MAX_DEPTH = 100

/** Groups of hosts and of groups. A member of a group is in all groups that this one is in. */
export class AnsibleGroups {
  readonly hosts: readonly string[]
  private readonly parents = new Map<string, string[]>()
  private readonly direct = new Map<string, string[]>()
  private readonly above = new Map<string, ReadonlySet<string>>()
  private readonly depths = new Map<string, number>()

  /** Takes groups by name. @throws LockstepError for groups that are in each other, or too many in one another */
  constructor(
    private readonly groups: ReadonlyMap<string, Group>,
    private readonly fault: (what: string) => LockstepError,
  ) {
    for (const [name, { hosts, children }] of groups) {
      for (const child of children) push(this.parents, child, name)
      for (const host of hosts) push(this.direct, host, name)
    }
    for (const name of new Set([...groups.keys(), ...this.parents.keys()])) this.climb(name, [])
    this.hosts = [...this.direct.keys()]
  }

  /** Returns the groups that a host is in, but for those that every host is in. */
  namesOf(host: string): string[] {
    return this.context(host).filter((name) => !EVERYBODY.has(name))
  }

  /**
   * Returns the variables of a host. An inner group's come before an outer one's; of equals, that of the last name, as
   * Ansible has it.
   */
  variablesOf(host: string): Record<string, unknown> {
    const all = [...new Set(['all', ...this.context(host)])]
    const depth = (name: string) => (name === 'all' ? -1 : (this.depths.get(name) ?? 0))
    all.sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
    return Object.fromEntries(all.flatMap((name) => Object.entries(this.groups.get(name)?.vars ?? {})))
  }

  private context(host: string): string[] {
    const direct = this.direct.get(host) ?? []
    return [...new Set(direct.flatMap((name) => [name, ...(this.above.get(name) ?? [])]))]
  }

  /** Returns all groups that a group is in. `inner` are the groups that led here. */
  private climb(name: string, inner: readonly string[]): ReadonlySet<string> {
    const known = this.above.get(name)
    if (known !== undefined) return known
    const shown = (names: readonly string[]) =>
      names.map((each) => JSON.stringify(excerpt(each, 80))).join(' in ')
    if (inner.includes(name))
      throw this.fault(`groups that are in each other: ${shown([...inner.slice(inner.indexOf(name)), name])}`)
    if (inner.length > MAX_DEPTH)
      throw this.fault(`groups that are more than ${MAX_DEPTH} deep in one another`)
    const parents = this.parents.get(name) ?? []
    const above = new Set(parents.flatMap((parent) => [parent, ...this.climb(parent, [...inner, name])]))
    this.above.set(name, above)
    this.depths.set(name, Math.max(0, ...parents.map((parent) => (this.depths.get(parent) ?? 0) + 1)))
    return above
  }
}

function push(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [item])
  else list.push(item)
}
