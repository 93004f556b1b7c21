import { converge } from '../engine/converge'
import type { PlannableChange } from '../engine/plan_change'
import { lookWith, observe, shown, type Reading } from '../engine/observe'
import type { Answer } from '../model/answers'
import type { Request } from '../model/answers'
import type { Rollout } from '../rollout'
import { clean, type Verdict } from '../model/verdict'

/** Any agent that the fleet runs. */
export class Agents {
  constructor(private readonly rollout: Rollout) {}

  /** Runs an action on every host. The action is taken to change something, so it is never sent twice. */
  run(agent: string, action: string, inputs: Request['inputs']): Promise<Verdict> {
    const request = { agent, action, inputs, mutating: true }
    const { planState, ports } = this.rollout
    const own = planState === undefined ? undefined : ports.planning?.asNoop(request)
    return converge(this.rollout, {
      order: (hosts) => this.rollout.ask(request, hosts),
      plannable: own === undefined ? this.whereItRuns(request) : this.inItsOwnNoop(own),
      repeatable: false,
    })
  }

  private whereItRuns(request: Request): PlannableChange {
    const { agent, action } = request
    return {
      resource: `action ${action} of agent ${agent}`,
      look: lookWith(this.rollout, { agent: 'rpcutil', action: 'inventory', inputs: {} }),
      plan(answer) {
        const agents = answer.kind === 'answered' ? answer.data['agents'] : undefined
        const runs = Array.isArray(agents) && agents.map(shown).includes(agent)
        const plannedState = {
          now: 'not run',
          to: 'run',
          always: true,
        }
        return runs ? plannedState : { ...plannedState, fails: `has no agent ${agent}`, mayBeMended: true }
      },
      words: () => `would run ${action} of ${agent}`,
      ...this.reachOf(request),
    }
  }

  private inItsOwnNoop(request: Request): PlannableChange {
    const { agent, action } = request
    return {
      resource: `action ${action} of agent ${agent}`,
      look: (hosts) => this.rollout.ask({ ...request, mutating: false }, hosts),
      plan(answer) {
        const plannedState = { now: 'not run', to: 'run', always: true }
        return answer.kind === 'failed' ? { ...plannedState, fails: answer.message } : plannedState
      },
      words: () => `ran as noop: ${action} of ${agent}`,
      ...this.reachOf(request),
    }
  }

  /** Returns what an action may affect on a host: everything, unless it is known to change nothing. */
  private reachOf(request: Request): Pick<PlannableChange, 'affectsOthers' | 'invalidates'> {
    const onlyLooks = this.rollout.ports.planning?.isReadOnly({ ...request, mutating: false }) === true
    return onlyLooks ? { affectsOthers: false } : { affectsOthers: true, invalidates: 'everything' }
  }

  /** Looks at one value of every host's reply. */
  shouldAnswer(
    agent: string,
    action: string,
    inputs: Request['inputs'],
    name: string,
    wanted: string,
  ): Promise<Verdict> {
    const request = { agent, action, inputs, mutating: false }
    const { planState, ports } = this.rollout
    if (planState !== undefined && ports.planning?.isReadOnly(request) !== true) return this.notAsked(request)
    const read = (answer: Answer): Reading => {
      if (answer.kind === 'failed') return { passed: false, seen: answer.message }
      const value = answer.kind === 'answered' ? shown(answer.data[name]) : 'nothing'
      return { passed: value === wanted, seen: `${name} ${clean(ports.redact(value))}` }
    }
    // It is not known what an answer depends on.
    return observe(this.rollout, lookWith(this.rollout, request), read, {}, 'anything')
  }

  /**
   * Concludes without asking: where nothing may change, only an action that is known to only look is asked. A feature
   * may take an action for a look that is none.
   */
  private async notAsked({ agent, action }: Request): Promise<Verdict> {
    this.rollout.expectGoingOn()
    this.rollout.planState?.use()
    const seen = `cannot be known before: ${action} of ${agent} is not known to only look, and was not asked`
    const hosts = await this.rollout.moving()
    const observations = hosts.map((host) => ({ host, passed: true, kind: 'planned' as const, seen }))
    return this.rollout.conclude({ observations, unexpected: [] })
  }

  shouldAllAnswer(): Promise<Verdict> {
    return observe(
      this.rollout,
      lookWith(this.rollout, { agent: 'rpcutil', action: 'ping', inputs: {} }),
      (answer) => ({
        passed: answer.kind === 'answered',
        seen: answer.kind === 'answered' ? 'answered' : 'failed',
      }),
    )
  }
}
