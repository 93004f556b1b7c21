import { LockstepError } from '../system/errors'
import { carryOut } from './converge'
import { observe, type Sight } from './observe'
import type { Answer, Answers, Balancer } from './ports'
import type { Rollout } from './rollout'
import type { Verdict } from './verdict'

/** Takes hosts out of the pool and puts them back; keeps the ledger true while doing so. */
export class Traffic {
  private chosen: Balancer | undefined
  private readonly used = new Map<string, Balancer>()

  constructor(private readonly rollout: Rollout) {}

  throughBalancerAt(address: string): void {
    const made = this.rollout.ports.balancerAt(address)
    this.chosen = this.used.get(made.obligation) ?? made
    this.used.set(made.obligation, this.chosen)
  }

  async block(): Promise<Verdict> {
    const balancer = this.balancer()
    this.rollout.expectGoingOn()
    const hosts = await this.rollout.hosts.frozen()
    await this.rollout.ledger.opening(balancer.obligation, hosts)
    return this.shift(balancer, hosts, true)
  }

  async unblock(): Promise<Verdict> {
    const balancer = this.balancer()
    this.rollout.expectGoingOn()
    return this.shift(balancer, await this.rollout.hosts.frozen(), false)
  }

  /** Looks; a host that is seen to let traffic through is struck from the ledger. */
  shouldBe(wanted: 'blocked' | 'unblocked'): Promise<Verdict> {
    const balancer = this.balancer()
    return observe(this.rollout, (hosts) => this.look(balancer, hosts), sight(wanted === 'blocked'))
  }

  /**
   * Looks at every host that the ledger still names, so that what was put back without a step that looked is struck out.
   */
  async settleLedger(): Promise<void> {
    for (const [obligation, balancer] of this.used) {
      const held = this.rollout.ledger.holding(obligation)
      if (held.length > 0) await this.look(balancer, held)
    }
  }

  private async shift(balancer: Balancer, hosts: readonly string[], blocked: boolean): Promise<Verdict> {
    const { ask } = this.rollout
    return this.rollout.conclude(
      await carryOut(hosts, {
        order: (all) => (blocked ? balancer.block(all, ask) : balancer.unblock(all, ask)),
        done: () => (blocked ? 'blocked' : 'unblocked'),
        verify: { look: (doubtful) => this.look(balancer, doubtful), read: sight(blocked) },
      }),
    )
  }

  private async look(balancer: Balancer, hosts: readonly string[]): Promise<Answers> {
    const answers = await balancer.look(hosts, this.rollout.ask)
    const free = hosts.filter((host) => isBlocked(answers.outcomes.get(host)) === false)
    await this.rollout.ledger.lifted(balancer.obligation, free)
    return answers
  }

  private balancer(): Balancer {
    if (this.chosen === undefined) {
      throw new LockstepError(
        'bad-feature',
        'no load balancer is known; say first: the load balancer has ip address …',
      )
    }
    return this.chosen
  }
}

function isBlocked(answer: Answer | undefined): boolean | undefined {
  const value = answer?.kind === 'answered' ? answer.data['blocked'] : undefined
  return typeof value === 'boolean' ? value : undefined
}

function sight(wanted: boolean): (answer: Answer) => Sight {
  return (answer) => {
    const blocked = isBlocked(answer)
    if (blocked === undefined) {
      return {
        held: false,
        seen: answer.kind === 'failed' ? answer.message : 'does not say whether it is blocked',
      }
    }
    return { held: blocked === wanted, seen: blocked ? 'blocked' : 'unblocked' }
  }
}
