import { formatDuration } from '../../system/duration'
import { LockstepError } from '../../system/errors'
import type { Patience } from '../engine/look'
import type { StepContext } from '../engine/step_context'
import type { Ledger } from '../model/ledger'
import type { Reading } from '../model/reading'
import type { Verdict } from '../model/verdict'
import type { Balancer, Balancers, Draining } from '../ports'
import { lookWhetherOut, putBack, takeOut } from './obligations'
import { Pool } from './pool'

/** Takes hosts out of the pool and puts them back; keeps the ledger true while doing so. */
export class Traffic {
  readonly pool: Pool
  private chosen: Balancer | undefined
  private chosenBackend: string | undefined

  constructor(
    private readonly step: StepContext,
    private readonly ledger: Ledger,
    private readonly balancers: Balancers,
  ) {
    this.pool = new Pool(step)
  }

  throughBalancerAt(address: string): void {
    this.chosen = this.balancers.at(address)
    this.chosenBackend = undefined
  }

  throughBackend(name: string, kind = 'haproxy'): void {
    this.chosen = this.balancers.backend(name, kind)
    this.chosenBackend = name
  }

  /** The balancer that the feature has named last; undefined when it has named none. */
  get through(): Balancer | undefined {
    return this.chosen
  }

  async block(): Promise<Verdict> {
    const balancer = this.balancer()
    return this.step.executor.change(
      takeOut(
        this.ledger,
        balancer,
        (hosts, gateway) => balancer.block(hosts, gateway),
        (hosts) => this.pool.expectRoomToTakeOut(balancer, hosts),
      ),
    )
  }

  async drain(how: Draining): Promise<Verdict> {
    const balancer = this.balancer()
    const { drain } = balancer
    if (drain === undefined) {
      throw new LockstepError(
        'bad-feature',
        'the balancer cuts connections and cannot drain them; say "I block the load balancer", or name a haproxy backend',
      )
    }
    return this.step.executor.change(
      takeOut(
        this.ledger,
        balancer,
        (hosts, gateway) => drain(hosts, gateway, how),
        (hosts) => this.pool.expectRoomToTakeOut(balancer, hosts),
      ),
    )
  }

  async unblock(): Promise<Verdict> {
    return this.step.executor.change(putBack(this.ledger, this.balancer()))
  }

  /** Looks at hosts; a host that is seen to be in the pool is struck from the ledger. */
  async shouldBe(wanted: 'blocked' | 'unblocked', patience?: Patience): Promise<Verdict> {
    return this.step.executor.look(
      lookWhetherOut(this.ledger, this.balancer(), wanted === 'blocked', patience),
    )
  }

  async poolShouldHave(name: string, wanted: number): Promise<Verdict> {
    const named = this.chosenBackend === name ? this.chosen : undefined
    return this.pool.shouldHaveInService(named ?? this.balancers.backend(name), wanted)
  }

  /**
   * Counts the requests that the balancer served meanwhile. Where none was served, nothing is proved, and the line
   * fails.
   */
  async fewerRequestsShouldFail(percent: number, during: number): Promise<Verdict> {
    this.step.expectGoingOn()
    const { name, requests } = this.balancer()
    if (requests === undefined) {
      throw new LockstepError('bad-feature', 'the balancer counts no requests; name a haproxy backend')
    }
    return this.step.executor.measure({
      name,
      first: (gateway) => requests(gateway),
      during,
      judge: async (before, gateway) => {
        const { passed, seen } = judgeRequests(before, await requests(gateway), percent, during)
        return { observations: [{ host: name, passed, kind: 'answered', seen }], unexpected: [] }
      },
    })
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

interface Requests {
  requests: number
  failed: number
}

function judgeRequests(before: Requests, after: Requests, percent: number, during: number): Reading {
  const [served, failed] = [after.requests - before.requests, after.failed - before.failed]
  if (served < 0 || failed < 0) return { passed: false, seen: 'its counters went back: it was restarted' }
  return {
    passed: served > 0 && failed * 100 < percent * served,
    seen: `${failed} of ${served} requests failed in ${formatDuration(during)}`,
  }
}
