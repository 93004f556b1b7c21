/**
 * What hosts would be by now, had everything that was planned been done. A thing is what a line changes or looks at, such
 * as `package mywebapp`; its state is in the words of whoever looks at it.
 */
export class Foresight {
  private readonly states = new Map<string, Map<string, string | undefined>>()
  private readonly disturbed = new Set<string>()
  private readonly unsettled = new Set<string>()
  private isUsed = false

  /** `to: undefined` for a state that cannot be known before. */
  plan(thing: string, host: string, to: string | undefined): void {
    const hosts = this.states.get(thing) ?? new Map<string, string | undefined>()
    this.states.set(thing, hosts)
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
  disturb(host: string, upsets: Upsets = () => false): void {
    this.disturbed.add(host)
    if (upsets === 'everything') this.unsettled.add(host)
    for (const [thing, hosts] of this.states)
      if (hosts.has(host) && (upsets === 'everything' || upsets(thing))) hosts.set(host, undefined)
  }

  /** What a look would find: a state, `not known` before, or `as now`. */
  expect(thing: string, host: string): Expected {
    const hosts = this.states.get(thing)
    if (hosts?.has(host) !== true) return this.disturbed.has(host) ? 'not known' : 'as now'
    const state = hosts.get(host)
    return state === undefined ? 'not known' : { state }
  }

  /** The same of what may depend on anything, even on what only holds traffic back. */
  expectAny(host: string): Expected {
    return [...this.states.values()].some((hosts) => hosts.has(host)) ? 'not known' : 'as now'
  }

  /** The same of what only lines about the thing itself, or that upset it, are taken to change. */
  expectItself(thing: string, host: string): Expected {
    const isKnown = this.states.get(thing)?.has(host) !== true && !this.unsettled.has(host)
    return isKnown ? 'as now' : this.expect(thing, host)
  }
}

/** Which other things may be other afterwards than was planned for them. */
export type Upsets = 'everything' | ((thing: string) => boolean)

export type Expected = { state: string } | 'not known' | 'as now'
