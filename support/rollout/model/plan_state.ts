/**
 * The states that hosts would have by now if all planned changes had been done. A resource is what a line changes or
 * looks at, such as `package mywebapp`. Its state is in the words of the verb that looks at it.
 */
export class PlanState {
  private readonly states = new Map<string, Map<string, string | undefined>>()
  private readonly invalidated = new Set<string>()
  private readonly unsettled = new Set<string>()
  private isUsed = false

  /** Sets the planned state of a resource on a host; `to` is undefined for one that cannot be known before. */
  setPlanned(resource: string, host: string, to: string | undefined): void {
    const hosts = this.states.get(resource) ?? new Map<string, string | undefined>()
    this.states.set(resource, hosts)
    hosts.set(host, to)
  }

  /** True while no line was only planned, and no fault was passed over: all lines so far would do the same for real. */
  get isEmpty(): boolean {
    return !this.isUsed
  }

  /** Notes that a change was only planned, or that the plan passed a fault that would have stopped the rollout. */
  use(): void {
    this.isUsed = true
  }

  /**
   * Notes that something about the host would differ, which other resources may depend on. What was planned for
   * resources that it `invalidates` cannot be relied on any more.
   */
  invalidate(host: string, invalidates: Invalidates = () => false): void {
    this.invalidated.add(host)
    if (invalidates === 'everything') this.unsettled.add(host)
    for (const [resource, hosts] of this.states)
      if (hosts.has(host) && (invalidates === 'everything' || invalidates(resource)))
        hosts.set(host, undefined)
  }

  /** Returns what a look would find: a state, `not known` before, or `as now`. */
  expect(resource: string, host: string): Expected {
    const hosts = this.states.get(resource)
    if (hosts?.has(host) !== true) return this.invalidated.has(host) ? 'not known' : 'as now'
    const state = hosts.get(host)
    return state === undefined ? 'not known' : { state }
  }

  /** Returns what a look would find that may depend on anything, even on what only stops traffic. */
  expectAny(host: string): Expected {
    return [...this.states.values()].some((hosts) => hosts.has(host)) ? 'not known' : 'as now'
  }

  /** Returns what a look would find of a resource that only its own lines, or those that invalidate it, change. */
  expectItself(resource: string, host: string): Expected {
    const isKnown = this.states.get(resource)?.has(host) !== true && !this.unsettled.has(host)
    return isKnown ? 'as now' : this.expect(resource, host)
  }
}

/** The other resources that may differ afterwards from what was planned for them. */
export type Invalidates = 'everything' | ((resource: string) => boolean)

export type Expected = { state: string } | 'not known' | 'as now'
