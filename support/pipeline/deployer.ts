import type { DeploySettings } from '../config/after_success_setting'
import type { Clock } from '../system/clock'
import type { PlanOfTag, RolloutOfPlan } from './deploy_state'
import type { FetchTarget, PlanOutcome, RolloutOutcome } from './events'
import { whyOver, whyPerson } from './judge_approval'
import type { PipelineLog } from './receive'

/** Milliseconds between two looks whether a feature was changed, while hosts have a tag. */
const LOOK_AGAIN_MS = 10_000

/** A run of the deploy of a tag. */
export interface DeployOrder extends FetchTarget {
  run: string
  feature: string
  variable: string
}

export interface PlanOrder extends DeployOrder {
  within: number
}

export interface RolloutOrder extends DeployOrder {
  /** The name of the plan that it keeps to, and the run that has made it. */
  plan: string
  planRun: string
  /** The number of hosts that the plan tells to serve the tag. */
  hosts: number
  /** The SHA-256 of the code that the plan was made with: other code begins nothing. */
  code: string
}

/** The command that plans and rolls out, as a person would call it. */
export interface Deploys {
  /** The name of this machine. Processes of another one cannot be seen. */
  readonly machine: string
  /** Returns the SHA-256 of a feature; empty where it cannot be read. */
  digestOf(feature: string): string
  /** Returns the SHA-256 of the code that decides, beside a feature, what that does. */
  code(): string
  /** Returns an id that no run had. */
  newRun(): string
  /** Plans, and ends that when the signal is aborted. It throws for no end of it. */
  plan(order: PlanOrder, signal: AbortSignal): Promise<PlanOutcome>
  /** Ends a plan that a process has left which is gone. */
  endPlan(run: string): void
  /** Starts a rollout that outlives this process. Resolves once it was started, or could not be. */
  start(order: RolloutOrder): Promise<void>
  /** Resolves once no process of a rollout of this machine is there any more, or when the signal is aborted. */
  untilGone(run: string, signal: AbortSignal): Promise<void>
  /** Resolves with whether a rollout, of any machine, has ended by what it has written itself. It throws for no fault. */
  hasEnded(run: string): Promise<boolean>
  /** Returns what came of a rollout whose process is gone, by its own journal. It throws for no end of it. */
  outcomeOf(order: RolloutOrder): Promise<RolloutOutcome | UnreadRollout>
}

/** A rollout that nothing is known of: what tells its end is there, and cannot be read. */
export interface UnreadRollout {
  result: 'unread'
  why: string
}

/** A plan that this process has made. */
interface MadePlan {
  run: string
  /** The SHA-256 of the code by which another plan is due: one is, with any other. */
  code: string
  /** True where the code was changed while the plan was made. */
  hasChanged: boolean
}

/** A repository that is deployed to an environment. */
export interface DeployedRepository extends DeploySettings {
  repository: string
}

export interface DeployerParts {
  environment: string
  repositories: readonly DeployedRepository[]
  log: PipelineLog
  deploys: Deploys
  /** Returns whether hosts take a tag of this name. */
  takesTag(tag: string): boolean
  /** Returns why an approval is worth nothing now: for good, or as long as something cannot be read. */
  faultOfApproval(approved: Approved, environment: string): ApprovalFault | undefined
  clock: Clock
}

type Approved = NonNullable<PlanOfTag['approved']>

export interface ApprovalFault {
  is: 'lost' | 'not known'
  sentence: string
}

/**
 * Has the newest tested commit of each repository planned for one environment once all its hosts have fetched it, and
 * carries out plans that were approved: one plan or rollout at a time. A rollout is in the journal before it is started,
 * and is started once, also by a process that comes after one that was killed.
 */
export class Deployer {
  /** The last plans that this process has made, by repository: one that failed is not made again just so. */
  private readonly made = new Map<string, MadePlan>()
  private hasTidied = false

  constructor(private readonly parts: DeployerParts) {}

  /**
   * Does all that can be done now. Resolves with the milliseconds until it is worth another look; undefined when only an
   * event can bring something to do.
   * @throws LockstepError `journal-failed`
   */
  async look(signal: AbortSignal): Promise<number | undefined> {
    await this.tidyUp()
    while (!signal.aborted && (await this.doNext(signal)));
    const isWorthAnother =
      this.openRollout() !== undefined ||
      this.parts.repositories.some((each) => this.targetOf(each) !== undefined)
    return isWorthAnother ? LOOK_AGAIN_MS : undefined
  }

  /** Takes down once that plans ended with the process that made them. */
  private async tidyUp(): Promise<void> {
    if (this.hasTidied) return
    for (const plan of this.plans().filter(({ state }) => state === 'running')) {
      this.parts.deploys.endPlan(plan.run)
      await this.endPlan(plan, interrupted('lockstep serve ended before it'))
    }
    this.hasTidied = true
  }

  /** Does one thing, and returns whether there was one. */
  private async doNext(signal: AbortSignal): Promise<boolean> {
    const open = this.openRollout()
    if (open !== undefined) return this.follow(open.plan, open.rollout, signal)
    for (const plan of this.plans()) if (await this.carryOut(plan, signal)) return true
    for (const each of this.parts.repositories) if (await this.plan(each, signal)) return true
    return false
  }

  /** Returns the plans for the environment, also those of repositories that are not configured any more. */
  private plans(): readonly PlanOfTag[] {
    const { environment, log } = this.parts
    return log.state.deploys.plans.filter((plan) => plan.environment === environment)
  }

  private openRollout(): { plan: PlanOfTag; rollout: RolloutOfPlan } | undefined {
    const [open] = this.plans().flatMap((plan) =>
      plan.rollout?.state === 'running' ? [{ plan, rollout: plan.rollout }] : [],
    )
    return open
  }

  /**
   * Tells the end of a rollout, and returns whether that is known. Of one that another machine has begun, no process can
   * be seen: it may run on until its own journal has its end, and nothing else is begun before that.
   */
  private async follow(
    plan: PlanOfTag,
    { run, machine }: RolloutOfPlan,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { deploys, log } = this.parts
    if (machine === deploys.machine) await deploys.untilGone(run, signal)
    else if (!(await deploys.hasEnded(run))) return false
    if (signal.aborted) return false
    const read = await deploys.outcomeOf(this.orderOf(plan, run))
    // A person may have said so meanwhile.
    if (plan.rollout?.state !== 'running') return true
    // The journal may be on a shared disk that is just away. Here it stays as it is: nothing waits for ever.
    const isTold = read.result === 'succeeded' || read.result === 'failed'
    if (!isTold && machine !== deploys.machine) return false
    const outcome = read.result === 'unread' ? unknownEnd(read) : read
    await log.append({ type: 'rollout ended', run, ...targetIn(plan), ...outcome })
    return true
  }

  /** Begins the rollout of a plan that may be carried out, and returns whether it has. */
  private async carryOut(plan: PlanOfTag, signal: AbortSignal): Promise<boolean> {
    const { log, deploys, repositories, takesTag } = this.parts
    const settings = repositories.find(({ repository }) => repository === plan.repository)
    if (plan.state !== 'succeeded' || plan.rollout !== undefined || settings === undefined) return false
    if (whyOver(log.state, plan, takesTag) !== undefined) return false
    // Other code may do something else than was approved. What is there now is planned anew.
    if (deploys.code() !== plan.code) return false
    const name = plan.outcome?.plan ?? ''
    // The configuration of the moment counts: approval may be wanted by now.
    if (plan.approved === undefined) {
      if (settings.approval !== 'configuration' || plan.approval !== 'configuration') return false
      if (whyPerson(log.state, plan) !== undefined) return false
      await log.append({
        type: 'plan approved',
        run: plan.run,
        plan: name,
        by: null,
        ...targetIn(plan),
      })
    } else if (
      plan.approved.by === null ? settings.approval !== 'configuration' : settings.approval === 'none'
    )
      return false
    if (signal.aborted) return false
    const run = deploys.newRun()
    const { machine } = deploys
    // Nothing comes between the look at rights and the entry in the journal.
    const { approved } = plan
    const fault = approved && this.parts.faultOfApproval(approved, plan.environment)
    if (fault?.is === 'lost')
      await log.append({
        type: 'approval ended',
        run: plan.run,
        plan: name,
        why: fault.sentence,
        ...targetIn(plan),
      })
    if (fault !== undefined) return fault.is === 'lost'
    await log.append({
      type: 'rollout begun',
      run,
      planRun: plan.run,
      plan: name,
      machine,
      ...targetIn(plan),
    })
    await deploys.start(this.orderOf(plan, run))
    return true
  }

  private async plan(each: DeployedRepository, signal: AbortSignal): Promise<boolean> {
    const { log, deploys } = this.parts
    const target = this.targetOf(each)
    if (target === undefined) return false
    const feature = deploys.digestOf(each.feature)
    const code = deploys.code()
    if (!this.isDue(each, target, { feature, code })) return false
    const run = deploys.newRun()
    const before = this.made.get(each.repository)
    const made: MadePlan = { run, code, hasChanged: false }
    this.made.set(each.repository, made)
    await log.append({ type: 'plan begun', run, feature, code, approval: each.approval, ...target })
    const order = { run, ...target, feature: each.feature, variable: each.variable, within: each.within }
    const outcome = await deploys.plan(order, signal)
    const codeAfter = deploys.code()
    made.hasChanged = codeAfter !== code
    // It may be a person who changes it: it is planned once more. What planning itself changes would be planned for ever.
    if (made.hasChanged && before?.hasChanged === true) made.code = codeAfter
    const isOfOther = made.hasChanged && outcome.result === 'succeeded'
    const begun = log.state.deploys.plan(run)
    if (begun === undefined) return false
    await this.endPlan(
      begun,
      signal.aborted ? interrupted('lockstep serve was stopped') : isOfOther ? ofOtherCode(each) : outcome,
    )
    return true
  }

  private endPlan(plan: PlanOfTag, outcome: PlanOutcome): Promise<unknown> {
    return this.parts.log.append({ type: 'plan ended', run: plan.run, ...targetIn(plan), ...outcome })
  }

  /** Returns the commit that is to be planned: the newest one, once all hosts of the class have it at its tag. */
  private targetOf({ repository }: DeployedRepository): FetchTarget | undefined {
    const { environment, log, takesTag } = this.parts
    const newest = log.state.newestFetchable(repository, takesTag)
    const [tag] = newest?.tags ?? []
    const fetch = newest?.commit.fetches.get(environment)
    if (newest === undefined || fetch?.answered === undefined || fetch.tag !== tag) return undefined
    const { has, missing } = fetch.answered
    return fetch.superseded || has.count === 0 || missing.length > 0
      ? undefined
      : { repository, environment, commit: newest.commit.commit, tag }
  }

  /** Returns whether something has changed since the last plan, or a person wants another one. */
  private isDue(
    { repository, environment }: DeployedRepository,
    target: FetchTarget,
    { feature, code }: Pick<PlanOfTag, 'feature' | 'code'>,
  ): boolean {
    const { deploys } = this.parts.log.state
    const last = deploys.newest(repository, environment)
    if (last === undefined || deploys.isAskedFor(repository, environment)) return true
    if (last.commit !== target.commit || last.tag !== target.tag) return true
    // An approval that was given before another tag came and went is to be given anew.
    if (last.lapsedFor !== undefined) return true
    // What was rolled out once, and also what has failed there, is done again by the wish of a person alone.
    if (last.rollout !== undefined) return false
    const made = this.made.get(repository)
    const own = made?.run === last.run ? made : undefined
    if (last.feature !== feature || (own ?? last).code !== code) return true
    return last.state !== 'succeeded' && own === undefined
  }

  private orderOf(plan: PlanOfTag, run: string): RolloutOrder {
    const { repositories } = this.parts
    const { feature = '', variable = '' } =
      repositories.find(({ repository }) => repository === plan.repository) ?? {}
    return {
      ...targetIn(plan),
      run,
      feature,
      variable,
      plan: plan.outcome?.plan ?? '',
      planRun: plan.run,
      hosts: plan.outcome?.hosts.count ?? 0,
      code: plan.code,
    }
  }
}

function targetIn({ repository, environment, commit, tag }: FetchTarget): FetchTarget {
  return { repository, environment, commit, tag }
}

function unknownEnd({ why }: UnreadRollout): RolloutOutcome {
  return {
    result: 'interrupted',
    verdict: null,
    why: `its journal cannot be read, and it is not known what it has done to hosts: ${why}`,
  }
}

function ofOtherCode({ feature }: DeployedRepository): PlanOutcome {
  return {
    ...interrupted(
      `code or configuration beside ${feature} was changed while it was planned; where planning itself writes there, as with a report of cucumber, have it write elsewhere`,
    ),
    result: 'failed',
  }
}

function interrupted(why: string): PlanOutcome {
  return { result: 'interrupted', plan: null, hosts: { text: '', count: 0 }, changes: 0, why }
}
