import type { ApprovalBy } from '../config/after_success_setting'
import type { BuildResult, FetchTarget, PlanOutcome, RecordedPipelineEvent, RolloutOutcome } from './events'

/** A plan of what the deploy of a tag would do, and what became of it. */
export interface PlanOfTag extends FetchTarget {
  /** The run that makes it, or has made it. It tells two plans of one name apart. */
  run: string
  /** The SHA-256 of the feature when the plan was begun. */
  feature: string
  /** The SHA-256 of the code beside the feature at that moment. */
  code: string
  approval: ApprovalBy
  /** Those who asked for it by name. Empty where an event of the pipeline had it planned. */
  askedBy: readonly string[]
  begunAt: string
  state: 'running' | BuildResult
  endedAt: string | undefined
  outcome: PlanOutcome | undefined
  /** True once another plan was begun for the repository and the environment. */
  isSuperseded: boolean
  approved: { at: string; by: string | null; groups: readonly string[] } | undefined
  /** Why an approval before counts no more; undefined where there was none, and since the next one. */
  approvalEnded: string | undefined
  /** The tag that hosts were to have instead, while the approval was not used: it counts no more; undefined while it does. */
  lapsedFor: string | undefined
  rollout: RolloutOfPlan | undefined
}

/** The one rollout of an approved plan. */
export interface RolloutOfPlan {
  run: string
  /** The machine that has started it, or was about to. */
  machine: string
  begunAt: string
  state: 'running' | BuildResult
  endedAt: string | undefined
  outcome: RolloutOutcome | undefined
}

/** The plans and rollouts that the events of a pipeline come to. An event that fits to nothing before it changes nothing. */
export class DeployState {
  /** All plans by their run, in the order in which they were begun. */
  private readonly byRun = new Map<string, PlanOfTag>()
  private readonly newestByKey = new Map<string, PlanOfTag>()
  private readonly asked = new Map<string, string[]>()
  private readonly unused = new Set<PlanOfTag>()

  get plans(): readonly PlanOfTag[] {
    return [...this.byRun.values()]
  }

  plan(run: string): PlanOfTag | undefined {
    return this.byRun.get(run)
  }

  /** Returns the plan that was begun last for a repository and an environment. */
  newest(repository: string, environment: string): PlanOfTag | undefined {
    return this.newestByKey.get(keyOf(repository, environment))
  }

  /** Returns whether somebody wants another plan, and none was begun since. */
  isAskedFor(repository: string, environment: string): boolean {
    return this.asked.has(keyOf(repository, environment))
  }

  /** Returns the approved plans of which no rollout was begun. */
  get unusedApprovals(): readonly PlanOfTag[] {
    return [...this.unused]
  }

  /** Ends an approval that was not used, for good: what it was given for is not what hosts are to have. */
  lapse(plan: PlanOfTag, tag: string): void {
    plan.lapsedFor = tag
    this.unused.delete(plan)
  }

  apply(event: RecordedPipelineEvent): void {
    switch (event.type) {
      case 'plan asked for':
        this.ask(keyOf(event.repository, event.environment), event.by)
        return
      case 'plan begun':
        return this.begin(event)
      case 'plan ended': {
        const { run, at, result, plan, hosts, changes, why } = event
        const known = this.byRun.get(run)
        if (known?.state !== 'running') return
        Object.assign(known, { state: result, endedAt: at, outcome: { result, plan, hosts, changes, why } })
        return
      }
      case 'plan approved': {
        const known = this.byRun.get(event.run)
        if (known?.state !== 'succeeded' || known.outcome?.plan !== event.plan || known.approved) return
        known.approved = { at: event.at, by: event.by, groups: event.groups ?? [] }
        known.approvalEnded = undefined
        this.unused.add(known)
        return
      }
      case 'approval ended': {
        const known = this.byRun.get(event.run)
        if (known?.approved === undefined || known.rollout !== undefined) return
        known.approved = undefined
        known.approvalEnded = event.why
        this.unused.delete(known)
        return
      }
      case 'rollout begun': {
        const known = this.byRun.get(event.planRun)
        const begun = { run: event.run, machine: event.machine, begunAt: event.at, state: 'running' } as const
        if (known?.approved === undefined) return
        known.rollout ??= { ...begun, endedAt: undefined, outcome: undefined }
        this.unused.delete(known)
        return
      }
      case 'rollout ended': {
        const { run, at, result, verdict, why } = event
        const rollout = this.plans.find((each) => each.rollout?.run === run)?.rollout
        if (rollout?.state !== 'running') return
        Object.assign(rollout, { state: result, endedAt: at, outcome: { result, verdict, why } })
      }
    }
  }

  private ask(key: string, by: string | null): void {
    this.asked.set(key, [...(this.asked.get(key) ?? []), ...(by === null ? [] : [by])])
  }

  private begin(event: Extract<RecordedPipelineEvent, { type: 'plan begun' }>): void {
    const { run, feature, code, approval, repository, environment, commit, tag, at } = event
    if (this.byRun.has(run)) return
    const key = keyOf(repository, environment)
    const before = this.newestByKey.get(key)
    if (before !== undefined) before.isSuperseded = true
    const begun: PlanOfTag = {
      run,
      feature,
      code,
      approval,
      askedBy: this.asked.get(key) ?? [],
      repository,
      environment,
      commit,
      tag,
      begunAt: at,
      state: 'running',
      endedAt: undefined,
      outcome: undefined,
      isSuperseded: false,
      approved: undefined,
      approvalEnded: undefined,
      lapsedFor: undefined,
      rollout: undefined,
    }
    this.byRun.set(run, begun)
    this.newestByKey.set(key, begun)
    this.asked.delete(key)
  }
}

function keyOf(repository: string, environment: string): string {
  return `${repository} ${environment}`
}
