import { formatDuration } from '../../system/duration'
import { LockstepError } from '../../system/errors'
import { shouldBeOut, takeOut, putBack } from './obligations'
import type { Patience } from '../engine/observe'
import { notKnown, Pool } from './pool'
import type { Balancer, Draining } from '../ports'
import type { Rollout } from '../rollout'
import type { Verdict } from '../model/verdict'

/** Takes hosts out of the pool and puts them back; keeps the ledger true while doing so. */
export class Traffic {
  readonly pool: Pool
  private chosen: Balancer | undefined

  constructor(private readonly rollout: Rollout) {
    this.pool = new Pool(rollout)
  }

  throughBalancerAt(address: string): void {
    this.chosen = this.rollout.ports.balancers.at(address)
  }

  throughBackend(name: string): void {
    this.chosen = this.rollout.ports.balancers.backend(name)
  }

  /** The balancer that the feature has named last; undefined when it has named none. */
  get through(): Balancer | undefined {
    return this.chosen
  }

  block(): Promise<Verdict> {
    const balancer = this.balancer()
    return takeOut(
      this.rollout,
      balancer,
      (hosts, reach) => balancer.block(hosts, reach),
      (hosts) => this.pool.expectRoomToTakeOut(balancer, hosts),
    )
  }

  async drain(how: Draining): Promise<Verdict> {
    const balancer = this.balancer()
    const { drain } = balancer
    if (drain === undefined) {
      throw new LockstepError(
        'bad-feature',
        'a host firewall cuts connections and cannot drain them; say "I block the load balancer", or name a haproxy backend',
      )
    }
    return takeOut(
      this.rollout,
      balancer,
      (hosts, reach) => drain(hosts, reach, how),
      (hosts) => this.pool.expectRoomToTakeOut(balancer, hosts),
    )
  }

  async unblock(): Promise<Verdict> {
    return putBack(this.rollout, this.balancer())
  }

  /** Looks at hosts; a host that is seen to be in the pool is struck from the ledger. */
  shouldBe(wanted: 'blocked' | 'unblocked', patience?: Patience): Promise<Verdict> {
    return shouldBeOut(this.rollout, this.balancer(), wanted === 'blocked', patience)
  }

  poolShouldHave(name: string, wanted: number): Promise<Verdict> {
    return this.pool.shouldHaveInService(this.rollout.ports.balancers.backend(name), wanted)
  }

  /**
   * Counts the requests that the balancer served meanwhile. Where none was served, nothing is proved, and the line
   * fails.
   */
  async fewerRequestsShouldFail(percent: number, during: number): Promise<Verdict> {
    this.rollout.expectGoingOn()
    const { requests } = this.balancer()
    if (requests === undefined) {
      throw new LockstepError('bad-feature', 'a host firewall counts no requests; name a haproxy backend')
    }
    const before = await requests(this.rollout.reach)
    this.rollout.planState?.use()
    if (this.rollout.planState !== undefined)
      return this.rollout.conclude(notKnown(this.balancer()), ABOUT_THE_POOL)
    await this.rollout.wait(during)
    const after = await requests(this.rollout.reach)
    const [served, failed] = [after.requests - before.requests, after.failed - before.failed]
    const reset = served < 0 || failed < 0
    const seen = reset
      ? 'its counters went back: it was restarted'
      : `${failed} of ${served} requests failed in ${formatDuration(during)}`
    const passed = !reset && served > 0 && failed * 100 < percent * served
    const observation = { host: this.balancer().name, passed, kind: 'answered' as const, seen }
    return this.rollout.conclude({ observations: [observation], unexpected: [] }, ABOUT_THE_POOL)
  }

  private balancer(): Balancer {
    if (this.chosen === undefined) {
      throw new LockstepError(
        'bad-feature',
        'no load balancer is known; say first: the load balancer has ip address …, or: the load balancer is the haproxy backend …',
      )
    }
    return this.chosen
  }
}

const ABOUT_THE_POOL = { budgeted: false }
