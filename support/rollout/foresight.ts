/**
 * What hosts would be by now, had everything that was planned been done. A thing is what a line changes or looks at, such
 * as `package mywebapp`; its state is in the words of whoever looks at it.
 */
export class Foresight {
  private readonly states = new Map<string, Map<string, string | undefined>>()
  private readonly disturbed = new Set<string>()

  /** `to: undefined` for a state that cannot be known before. */
  plan(thing: string, host: string, to: string | undefined): void {
    const hosts = this.states.get(thing) ?? new Map<string, string | undefined>()
    this.states.set(thing, hosts)
    hosts.set(host, to)
  }

  get isEmpty(): boolean {
    return this.states.size === 0
  }

  /** Something about the host would be other than now, which other things may depend on. */
  disturb(host: string): void {
    this.disturbed.add(host)
  }

  /** What a look would find: a state, `not known` before, or `as now`. */
  expect(thing: string, host: string): { state: string } | 'not known' | 'as now' {
    const hosts = this.states.get(thing)
    if (hosts?.has(host) !== true) return this.disturbed.has(host) ? 'not known' : 'as now'
    const state = hosts.get(host)
    return state === undefined ? 'not known' : { state }
  }

  /** Whether something was planned for the thing itself. */
  hasPlanned(thing: string, host: string): boolean {
    return this.states.get(thing)?.has(host) === true
  }
}
