import { reasonOf } from '../../rollout/model/thrown'
import type { Clock } from '../../system/clock'
import { formatDuration } from '../../system/duration'
import { LockstepError } from '../../system/errors'
import type { Redact } from '../../system/redaction'
import { expectMembers, expectRequests } from './expect_members'
import type { Member, TeamBalancer } from './team_balancer'

export interface Guarding {
  /** The words for the balancer in sentences, such as `the f5 backend www (./f5.js)`. */
  called: string
  make: () => TeamBalancer
  /** Milliseconds that one call may take. */
  within: number
  clock: Pick<Clock, 'after'>
  redact: Redact
  /**
   * Called before each order.
   * @throws Error where nothing may be changed
   */
  expectMayOrder: (what: string) => void
}

type OrderName = 'takeOut' | 'putBack' | 'drain'

/**
 * Calls the code of a team's balancer, and believes nothing of it but what has the form that it must have. What it
 * throws, and that it takes too long, is an error that names it. Unaware of what a call is for.
 */
export class GuardedBalancer {
  private made: TeamBalancer | undefined
  /** The order that has not ended, though its time is over. */
  private unended: string | undefined

  constructor(private readonly guarding: Guarding) {}

  /** Returns whether it has a function, such as `drain`. @throws LockstepError `balancer-failed` */
  has(name: 'drain' | 'requests'): boolean {
    return typeof this.balancer()[name] === 'function'
  }

  members(): Promise<ReadonlyMap<string, Member>> {
    return this.call('members', async (balancer, signal) =>
      expectMembers(await balancer.members(signal), this.guarding.redact),
    )
  }

  requests(): Promise<{ requests: number; failed: number }> {
    return this.call('requests', async (balancer, signal) =>
      expectRequests(await balancer.requests?.(signal)),
    )
  }

  /** Gives an order. That it resolves does not mean that it was carried out: look. */
  async order(name: OrderName, hosts: readonly string[]): Promise<void> {
    const { called, expectMayOrder } = this.guarding
    expectMayOrder(`${name} to ${called}`)
    if (this.unended !== undefined)
      throw this.fault(`${this.unended} has not ended yet, and would go on beside ${name}`)
    await this.call(name, async (balancer, signal) => {
      this.unended = name
      try {
        await balancer[name]?.([...hosts], signal)
      } finally {
        this.unended = undefined
      }
    })
  }

  private async call<T>(
    name: string,
    work: (balancer: TeamBalancer, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock, within, redact } = this.guarding
    const balancer = this.balancer()
    const late = new AbortController()
    const stop = clock.after(within, () => late.abort())
    try {
      return await Promise.race([work(balancer, late.signal), rejectOnAbort(late.signal)])
    } catch (error) {
      if (late.signal.aborted)
        throw this.fault(`${name} has not ended within ${formatDuration(within)}`, error)
      throw this.fault(`${name} failed: ${reasonOf(error, redact)}`, error)
    } finally {
      stop()
    }
  }

  private balancer(): TeamBalancer {
    return (this.made ??= this.expectMade())
  }

  private expectMade(): TeamBalancer {
    let made: Partial<TeamBalancer> | undefined
    try {
      made = this.guarding.make()
    } catch (error) {
      throw this.fault(`it cannot be made: ${reasonOf(error, this.guarding.redact)}`, error)
    }
    for (const name of ['members', 'takeOut', 'putBack'] as const)
      if (typeof made?.[name] !== 'function')
        throw this.fault(`it has no function ${name}; expected members, takeOut and putBack`)
    return made as TeamBalancer
  }

  private fault(what: string, cause?: unknown): LockstepError {
    return new LockstepError('balancer-failed', `${this.guarding.called}: ${what}`, { cause })
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
