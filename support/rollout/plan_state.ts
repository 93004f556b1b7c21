/**
 * What hosts would be by now, had everything that was planned been done. A thing is what a line changes or looks at, such
 * as `package mywebapp`; its state is in the words of whoever looks at it.
 */
export class PlanState {
  private readonly states = new Map<string, Map<string, string | undefined>>()
  private readonly invalidated = new Set<string>()
  private readonly unsettled = new Set<string>()
  private isUsed = false

  /** `to: undefined` for a state that cannot be known before. */
  setPlanned(resource: string, host: string, to: string | undefined): void {
    const hosts = this.states.get(resource) ?? new Map<string, string | undefined>()
    this.states.set(resource, hosts)
    hosts.set(host, to)
  }

  /** Whether nothing was gone through yet that would have been more than a look, had it been for real. */
  get isEmpty(): boolean {
    return !this.isUsed
  }

  /** Something was only foreseen, or was let pass that would have stopped the rollout. */
  use(): void {
    this.isUsed = true
  }

  /**
   * Something about the host would be other than now, which other things may depend on. What was planned for things that
   * it `upsets` cannot be relied on any more.
   */
  invalidate(host: string, invalidates: Invalidates = () => false): void {
    this.invalidated.add(host)
    if (invalidates === 'everything') this.unsettled.add(host)
    for (const [resource, hosts] of this.states)
      if (hosts.has(host) && (invalidates === 'everything' || invalidates(resource)))
        hosts.set(host, undefined)
  }

  /** What a look would find: a state, `not known` before, or `as now`. */
  expect(resource: string, host: string): Expected {
    const hosts = this.states.get(resource)
    if (hosts?.has(host) !== true) return this.invalidated.has(host) ? 'not known' : 'as now'
    const state = hosts.get(host)
    return state === undefined ? 'not known' : { state }
  }

  /** What a look would find that may depend on anything, even on what only stops traffic. */
  expectAny(host: string): Expected {
    return [...this.states.values()].some((hosts) => hosts.has(host)) ? 'not known' : 'as now'
  }

  /** The same of what only lines about the thing itself, or that upset it, are taken to change. */
  expectItself(resource: string, host: string): Expected {
    const isKnown = this.states.get(resource)?.has(host) !== true && !this.unsettled.has(host)
    return isKnown ? 'as now' : this.expect(resource, host)
  }
}

/** Which other things may be other afterwards than was planned for them. */
export type Invalidates = 'everything' | ((resource: string) => boolean)

export type Expected = { state: string } | 'not known' | 'as now'
