import type { HostGateway } from '../model/obligation'
import { PlanState, type Expected } from '../model/plan_state'
import { hasPassed, type Observation, type Verdict } from '../model/verdict'
import type { Planning } from '../ports'
import type { Change, Plannable, PlannableChange } from './change'
import type { Engine } from './engine'
import { notKnown, type BaseExecutor, type ConcludeOptions, type Gate, type Measurement } from './executor'
import { readOnlyGateway } from './host_gateway'
import type { Look } from './look'
import { plannableAction } from './plan_action'
import { planChange } from './plan_change'
import { lookAhead } from './plan_look'

/** Tells what lines would do, and does none of it. Its way to hosts refuses all that changes them. */
export class Plan implements BaseExecutor {
  readonly gateway: HostGateway
  private readonly state = new PlanState()

  constructor(
    private readonly engine: Engine,
    private readonly planning: Planning,
  ) {
    this.gateway = readOnlyGateway(engine.gateway)
  }

  /** True while no line was only planned, and no fault was passed over: all lines so far would do the same for real. */
  get isUnused(): boolean {
    return this.state.isEmpty
  }

  async change({ guard, plannable }: Change): Promise<Verdict> {
    const hosts = await this.begin()
    await guard?.(hosts)
    const change = this.changeOf(plannable)
    const verdict = await planChange(change, hosts, this.gateway, this.state)
    await this.writeDown(change, verdict.observations)
    return this.conclude(verdict)
  }

  async look(look: Look): Promise<Verdict> {
    const refused = await this.refuse(look)
    if (refused !== undefined) return refused
    const hosts = await this.begin()
    return this.conclude(await lookAhead(look, hosts, this.gateway, this.state))
  }

  /** A feature may take an action for a look that is none. Only an action that is known to change nothing is asked. */
  async refuse({ request }: Look): Promise<Verdict | undefined> {
    if (typeof request === 'function') return undefined
    if (this.planning.isReadOnly({ ...request, mutating: false })) return undefined
    const { agent, action } = request
    const seen = `cannot be known before: ${action} of ${agent} is not known to only look, and was not asked`
    const hosts = await this.begin()
    const observations = hosts.map((host) => ({ host, passed: true, kind: 'planned' as const, seen }))
    return this.conclude({ observations, unexpected: [] })
  }

  async measure<T>({ name, first }: Measurement<T>): Promise<Verdict> {
    this.engine.halt.expectGoingOn()
    await first(this.gateway)
    this.state.use()
    return this.conclude(notKnown(name), { budgeted: false })
  }

  async appraise(look: () => Promise<Verdict>): Promise<Verdict> {
    this.engine.halt.expectGoingOn()
    return this.conclude(await look(), { budgeted: false })
  }

  async conclude(verdict: Verdict, options?: ConcludeOptions): Promise<Verdict> {
    const whole = await this.engine.conclusions.conclude({ ...verdict, planned: true }, options)
    if (!hasPassed(whole)) this.state.use()
    return whole
  }

  expect(resource: string, host: string): Expected {
    this.state.use()
    return this.state.expectItself(resource, host)
  }

  async pass({ wouldAsk }: Gate): Promise<void> {
    this.engine.audience.note(wouldAsk(await this.begin()))
  }

  once(check: () => void): void {
    check()
  }

  /** A plan is made at any time: what would stop the rollout then is noted, and decides nothing. */
  shut(why: string): void {
    this.state.use()
    this.engine.audience.note(`not now: ${why}`)
  }

  async soak(): Promise<void> {
    this.state.use()
  }

  async undo(): Promise<void> {
    // Nothing was done.
  }

  private async begin(): Promise<readonly string[]> {
    this.engine.halt.expectGoingOn()
    this.state.use()
    return this.engine.scope.moving()
  }

  private changeOf(plannable: Plannable): PlannableChange {
    return 'action' in plannable ? plannableAction(plannable.action, this.planning) : plannable
  }

  private async writeDown(
    { resource, affectsOthers }: PlannableChange,
    observations: readonly Observation[],
  ): Promise<void> {
    const fates = fatesOf(observations)
    if (fates.length === 0) return
    const { journal, line } = this.engine
    await journal.append({ type: 'planned', ...line, resource, temporary: !affectsOthers, fates })
  }
}

interface Fate {
  from: string
  to: string | null
  hosts: string[]
}

/** Returns the changes that hosts would undergo, hosts with the same change together. */
function fatesOf(observations: readonly Observation[]): Fate[] {
  const fates = new Map<string, Fate>()
  for (const { host, planned } of observations) {
    if (planned?.changes !== true) continue
    const { from, to } = planned
    const fate = fates.get(`${from} ${to}`) ?? { from, to, hosts: [] }
    fates.set(`${from} ${to}`, fate)
    fate.hosts.push(host)
  }
  return [...fates.values()]
}
