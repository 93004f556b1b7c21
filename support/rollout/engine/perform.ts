import { LockstepError } from '../../system/errors'
import { tellWhile } from '../../system/wait'
import type { HostGateway } from '../model/obligation'
import type { Expected } from '../model/plan_state'
import type { Observation, Verdict } from '../model/verdict'
import { carryOut } from './carry_out'
import type { Change, Refusals } from './change'
import type { Engine } from './engine'
import type { BaseExecutor, ConcludeOptions, Gate, Measurement } from './executor'
import type { Look } from './look'
import { lookUntilPassed } from './look_until'
import { findSlippedBack } from './still_out'

/** Does what lines say. */
export class Perform implements BaseExecutor {
  private leftUnknown = false

  constructor(private readonly engine: Engine) {}

  get gateway(): HostGateway {
    return this.engine.gateway
  }

  /** True when the result of an order is unknown that may not be sent twice: a resumed run stops there. */
  get hasUnknownOutcome(): boolean {
    return this.leftUnknown
  }

  async change(change: Change): Promise<Verdict> {
    this.engine.halt.expectGoingOn()
    const hosts = await this.engine.scope.moving()
    const doubtful = this.doubtfulOf(hosts, change)
    const known = without(hosts, doubtful)
    const slipped = change.isOfTraffic === true ? [] : await findSlippedBack(this.open, known)
    const left = without(known, slipped)
    // Hosts are judged, and written down, under their locks: before that, another rollout may still change them.
    const isPrepared = [change.guard, change.opens, change.beforehand].some((part) => part !== undefined)
    if (isPrepared && left.length > 0) await this.engine.expectChangeable(left)
    const { refused, unexpected } = (await change.beforehand?.(left, this.gateway)) ?? NONE_REFUSED
    const going = without(left, refused)
    if (going.length > 0) await change.guard?.(going)
    if (change.opens !== undefined) await this.engine.ledger.open(change.opens, going)
    const done = await carryOut(going, change.order, this.gateway)
    if (!change.repeatable) this.leaveUnknown(doubtful, done)
    return this.conclude({
      observations: [...slipped, ...refused, ...done.observations, ...doubtful],
      unexpected: [...unexpected, ...done.unexpected],
    })
  }

  async look(look: Look): Promise<Verdict> {
    this.engine.halt.expectGoingOn()
    const hosts = await this.engine.scope.moving()
    return this.conclude(await lookUntilPassed(look, hosts, this.gateway, this.engine.lookEvery))
  }

  async refuse(): Promise<undefined> {}

  async measure<T>({ name, first, during, judge }: Measurement<T>, through = this.gateway): Promise<Verdict> {
    this.engine.halt.expectGoingOn()
    const before = await first(through)
    if (during !== undefined) {
      const wait = { what: `the requests that ${name} serves meanwhile`, withinMs: during }
      await tellWhile(through.tellWait, wait, () => through.wait(during))
    }
    return this.conclude(await judge(before, through), { budgeted: false })
  }

  async appraise(look: () => Promise<Verdict>): Promise<Verdict> {
    this.engine.halt.expectGoingOn()
    return this.conclude(await look(), { budgeted: false })
  }

  conclude(verdict: Verdict, options?: ConcludeOptions): Promise<Verdict> {
    return this.engine.conclusions.conclude(verdict, options)
  }

  expect(): Expected {
    return 'as now'
  }

  async pass({ ask }: Gate): Promise<void> {
    const { halt, scope } = this.engine
    halt.expectGoingOn()
    const hosts = await scope.moving()
    try {
      await ask(hosts)
    } catch (error) {
      if (error instanceof LockstepError) halt.stopAt(error)
      throw error
    }
  }

  once(check: () => void): void {
    check()
  }

  shut(why: string): void {
    const error = new LockstepError('gate-closed', `${why}; no host was touched since`)
    this.engine.halt.stopAt(error)
    throw error
  }

  async soak(ms: number): Promise<void> {
    if (ms <= 0) return
    const wait = { what: 'the time between two waves', withinMs: ms }
    await tellWhile(this.gateway.tellWait, wait, () => this.gateway.wait(ms))
  }

  undo(work: () => Promise<void>): Promise<void> {
    return work()
  }

  private get open() {
    return { ledger: this.engine.ledger, reach: this.gateway }
  }

  /** Returns the hosts that may have done an order of an earlier run which may not be sent twice. */
  private doubtfulOf(hosts: readonly string[], { repeatable }: Change): Observation[] {
    if (repeatable) return []
    const unknown = this.engine.resumption.unknownOutcome(this.engine.line)
    return hosts.filter((host) => unknown.has(host)).map(neverKnown)
  }

  private leaveUnknown(doubtful: readonly Observation[], { observations }: Verdict): void {
    this.leftUnknown ||=
      doubtful.length > 0 || observations.some(({ kind }) => kind === 'silent' || kind === 'untrusted')
  }
}

const NONE_REFUSED: Refusals = { refused: [], unexpected: [] }

function without(hosts: readonly string[], refused: readonly Observation[]): string[] {
  const names = new Set(refused.map(({ host }) => host))
  return hosts.filter((host) => !names.has(host))
}

function neverKnown(host: string): Observation {
  const seen = 'was told before, with unknown outcome; it is not told twice: look at the host'
  return { host, passed: false, kind: 'known', seen }
}
