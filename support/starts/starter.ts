import { Bell } from '../pipeline/bell'
import { pause, type Clock } from '../system/clock'
import type { StepName } from './events'
import type { Person } from '../people/person'
import type { Beside, RolloutJudgement } from './judge_start'
import type { StartLog } from './start_journal'
import {
  nextStep,
  planOf,
  stepUnderWay,
  type Start,
  type StartedRollout,
  type StepResult,
} from './start_state'

/** Milliseconds between two looks at a rollout of another machine. */
const LOOK_AGAIN_MS = 10_000
/** The most starts that wait to be planned, or are planned: each takes a machine for minutes. */
const MAX_WAITING = 20

/** A run of what a person wants. */
export interface StartOrder extends Pick<
  Start,
  'feature' | 'environment' | 'variables' | 'release' | 'ticket' | 'limit' | 'sha256' | 'code' | 'by'
> {
  run: string
}

export interface StartRolloutOrder extends StartOrder {
  plan: string
  /** The run that made the plan. */
  planRun: string
}

/** The outcome of a step. Only a plan has a name, hosts and changes. */
export interface StepOutcome {
  result: StepResult
  why: string | null
  plan: string | null
  hosts: number
  changes: number
}

export interface StartRolloutOutcome {
  result: StepResult
  verdict: string | null
  why: string | null
}

/** The commands that a person would call, one after the other. */
export interface StartCommands {
  /** The name of this machine. Processes of another one cannot be seen. */
  readonly machine: string
  /** Returns the SHA-256 of a feature, empty where it cannot be read, and that of the code beside it. */
  beside(feature: string): Beside
  /** Returns an id that no run had. */
  newRun(): string
  /** Carries out a step, and ends it when the signal is aborted. It throws for no end of it. */
  carryOut(step: StepName, order: StartOrder, signal: AbortSignal): Promise<StepOutcome>
  /** Ends a step that a process has left which is gone. */
  end(run: string): void
  /** Starts a rollout that outlives this process. Resolves once it was started, or could not be. */
  start(order: StartRolloutOrder): Promise<void>
  /** Resolves once no process of a rollout of this machine is there any more, or when the signal is aborted. */
  untilGone(run: string, signal: AbortSignal): Promise<void>
  /** Resolves with whether a rollout, of any machine, has ended by what it has written itself. */
  hasEnded(run: string): Promise<boolean>
  /** Returns what came of a rollout whose process is gone, by its own journal. It throws for no end of it. */
  outcomeOf(order: StartRolloutOrder): Promise<StartRolloutOutcome>
}

export type StartWish = Pick<
  Start,
  'feature' | 'environment' | 'variables' | 'release' | 'ticket' | 'limit' | 'by'
>

interface StarterParts {
  log: StartLog
  commands: StartCommands
  clock: Clock
}

/**
 * Carries what people want from lint to the end of a rollout. Each thing is in the journal before it is begun. A rollout is
 * begun once, also by a process that comes after one that was killed.
 */
export class Starter {
  private readonly planning: Bell
  private readonly following: Bell
  /** The rollouts that are just being started: no process of them can be seen yet. */
  private readonly starting = new Set<string>()
  private readonly followed = new Map<string, Promise<void>>()
  /** The start that is just being planned, and what ends that. */
  private planned: { id: string; end: AbortController } | undefined
  private last: Promise<unknown> = Promise.resolve()

  constructor(private readonly parts: StarterParts) {
    this.planning = new Bell(parts.clock)
    this.following = new Bell(parts.clock)
  }

  get starts(): readonly Start[] {
    return this.parts.log.state.starts
  }

  find(id: string): Start | undefined {
    return this.parts.log.state.find(id)
  }

  /** Returns what a start was planned from, as it is now. */
  beside({ feature }: Pick<Start, 'feature'>): Beside {
    return this.parts.commands.beside(feature)
  }

  /** Takes a wish down, to be planned next. Resolves with its id, or with why it is not taken. */
  ask(wish: StartWish): Promise<{ id: string } | { why: string }> {
    return this.inTurn(async () => {
      const { log, commands } = this.parts
      const waiting = this.starts.filter((start) => isUnderWay(start)).length
      if (waiting >= MAX_WAITING)
        return { why: `${waiting} starts are being planned already; wait until one of them is done` }
      const { sha256, code } = commands.beside(wish.feature)
      if (sha256 === '') return { why: `${wish.feature} cannot be read` }
      let id = commands.newRun()
      while (this.find(id) !== undefined) id = commands.newRun()
      await log.append({ type: 'start asked for', start: id, ...wish, sha256, code })
      this.planning.ring()
      return { id }
    })
  }

  /** Takes a yes to a plan down, unless `why` names a reason now. Resolves with that reason. */
  approve(
    id: string,
    plan: string,
    { name: by, groups }: Person,
    why: (start: Start) => string | undefined,
  ): Promise<string | undefined> {
    return this.inTurn(async () => {
      const fault = this.faultOf(id, plan) ?? this.judge(id, why)
      if (fault === undefined)
        await this.parts.log.append({ type: 'start approved', start: id, plan, by, groups: [...groups] })
      return fault
    })
  }

  /** Ends a start of which nothing was begun on hosts, unless `why` names a reason now. Resolves with that reason. */
  withdraw(id: string, by: string, why: (start: Start) => string | undefined): Promise<string | undefined> {
    return this.inTurn(async () => {
      const fault = this.judge(id, why)
      if (fault !== undefined) return fault
      await this.parts.log.append({ type: 'start withdrawn', start: id, by })
      if (this.planned?.id === id) this.planned.end.abort()
      return undefined
    })
  }

  /** Begins the rollout of a plan, once, unless it is judged to have a reason not to, now. Resolves with that reason. */
  rollOut(
    id: string,
    plan: string,
    by: string,
    judge: (start: Start) => RolloutJudgement,
  ): Promise<string | undefined> {
    return this.inTurn(async () => {
      const { log, commands } = this.parts
      const fault = this.faultOf(id, plan)
      if (fault !== undefined) return fault
      const { machine } = commands
      const run = commands.newRun()
      // Nothing comes between the look at rights and the entry in the journal.
      const start = this.find(id)
      const judged = start === undefined ? { why: NOT_THERE } : judge(start)
      if ('why' in judged) return judged.why
      const { approvedBy } = judged
      this.starting.add(run)
      try {
        await log.append({ type: 'rollout begun', start: id, run, plan, machine, by, approvedBy })
        const begun = this.find(id)
        if (begun?.rollout?.run !== run) return 'it is not what waited any more'
        await commands.start(rolloutOrder(begun, begun.rollout))
      } finally {
        this.starting.delete(run)
        this.following.ring()
      }
      return undefined
    })
  }

  private faultOf(id: string, plan: string): string | undefined {
    return this.judge(id, (start) =>
      planOf(start)?.name === plan ? undefined : 'the plan of this start has another name',
    )
  }

  private judge(id: string, why: (start: Start) => string | undefined): string | undefined {
    const start = this.find(id)
    return start === undefined ? NOT_THERE : why(start)
  }

  /**
   * Works until the signal is aborted: plans what is wanted, one after the other, and follows rollouts.
   * @throws LockstepError `journal-failed`
   */
  async work(signal: AbortSignal): Promise<void> {
    const failed = new AbortController()
    const until = AbortSignal.any([signal, failed.signal])
    let failure: { error: unknown } | undefined
    const fail = (error: unknown) => {
      failure ??= { error }
      failed.abort()
    }
    await this.tidyUp()
    await Promise.all([this.planAll(until).catch(fail), this.followAll(until, fail)])
    await this.last
    if (failure !== undefined) throw failure.error
  }

  private async planAll(until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      const due = this.starts.find((start) => nextStep(start) !== undefined)
      if (due !== undefined) await this.step(due, until)
      else await this.planning.wait(undefined, until)
    }
  }

  private async followAll(until: AbortSignal, fail: (error: unknown) => void): Promise<void> {
    while (!until.aborted) {
      for (const start of this.starts) this.follow(start, until, fail)
      await this.following.wait(undefined, until)
    }
    await Promise.all(this.followed.values())
  }

  /** Takes down that steps ended with the process that carried them out. Nothing of them goes on. */
  private async tidyUp(): Promise<void> {
    for (const start of this.starts) {
      const step = stepUnderWay(start)
      if (step === undefined) continue
      this.parts.commands.end(step.run)
      await this.endStep(start, step, interrupted('lockstep serve ended before it did'))
    }
  }

  private async step(start: Start, signal: AbortSignal): Promise<void> {
    const { log, commands } = this.parts
    const name = nextStep(start)
    if (name === undefined) return
    const run = commands.newRun()
    const end = new AbortController()
    this.planned = { id: start.id, end }
    await log.append({ type: 'step begun', start: start.id, step: name, run })
    // It may have been withdrawn while this was written.
    if (this.find(start.id)?.steps.at(-1)?.run !== run) return
    const until = AbortSignal.any([signal, end.signal])
    const changed = whyChanged(start, commands.beside(start.feature))
    const outcome = changed ?? (await commands.carryOut(name, { ...orderOf(start), run }, until))
    // A step that is said to have passed has to be of what it was begun with.
    const after =
      outcome.result === 'succeeded' ? whyChanged(start, commands.beside(start.feature)) : undefined
    await this.endStep(
      start,
      { name, run },
      signal.aborted
        ? interrupted('lockstep serve was stopped')
        : end.signal.aborted
          ? interrupted('it was withdrawn')
          : (after ?? outcome),
    )
  }

  private endStep(
    { id }: Start,
    { name, run }: { name: StepName; run: string },
    { result, why, plan, hosts, changes }: StepOutcome,
  ): Promise<void> {
    return this.parts.log.append({
      type: 'step ended',
      start: id,
      step: name,
      run,
      result,
      why,
      plan,
      hosts,
      changes,
    })
  }

  /** Follows a rollout that has no end yet, once. */
  private follow({ id, rollout }: Start, signal: AbortSignal, fail: (error: unknown) => void): void {
    if (rollout === undefined || rollout.ended !== undefined) return
    if (this.starting.has(rollout.run) || this.followed.has(rollout.run)) return
    const following = this.untilEnded(id, rollout, signal)
      .catch(fail)
      .finally(() => this.followed.delete(rollout.run))
    this.followed.set(rollout.run, following)
  }

  private async untilEnded(id: string, { run, machine }: StartedRollout, signal: AbortSignal): Promise<void> {
    const { commands, clock, log } = this.parts
    if (machine === commands.machine) await commands.untilGone(run, signal)
    else
      while (!signal.aborted && !(await commands.hasEnded(run)))
        await pause(clock, LOOK_AGAIN_MS, signal).catch(() => {})
    if (signal.aborted) return
    const start = this.find(id)
    if (start?.rollout === undefined) return
    const { result, verdict, why } = await commands.outcomeOf(rolloutOrder(start, start.rollout))
    await log.append({ type: 'rollout ended', start: id, run, result, verdict, why })
  }

  /** Does one thing after the other: what was looked at is still so when it is written down. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work)
    this.last = turn.catch(() => {})
    return turn
  }
}

const NOT_THERE = 'there is no such start'

/** Returns whether a start is being planned, or waits for it. */
export function isUnderWay(start: Start): boolean {
  if (start.withdrawn !== undefined) return false
  return stepUnderWay(start) !== undefined || nextStep(start) !== undefined
}

function orderOf(start: Start): Omit<StartOrder, 'run'> {
  const { feature, environment, variables, release, ticket, limit, sha256, code, by } = start
  return { feature, environment, variables, release, ticket, limit, sha256, code, by }
}

function rolloutOrder(start: Start, { run }: StartedRollout): StartRolloutOrder {
  const plan = planOf(start)
  return {
    ...orderOf(start),
    run,
    plan: plan?.name ?? '',
    planRun: plan?.run ?? '',
  }
}

function whyChanged({ sha256, code, feature }: Start, now: Beside): StepOutcome | undefined {
  if (now.sha256 === sha256 && now.code === code) return undefined
  const what = now.sha256 === sha256 ? `code or configuration beside ${feature}` : feature
  return {
    ...interrupted(`${what} was changed since it was asked for; plan it again`),
    result: 'failed',
  }
}

function interrupted(why: string): StepOutcome {
  return { result: 'interrupted', why, plan: null, hosts: 0, changes: 0 }
}
