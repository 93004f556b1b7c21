import { STEPS, type RecordedStartEvent, type StepName } from './events'

type EventOf<T extends RecordedStartEvent['type']> = Extract<RecordedStartEvent, { type: T }>
export type StepResult = EventOf<'step ended'>['result']

/** A step before a rollout. */
export interface Step {
  name: StepName
  /** The run that carries it out. */
  run: string
  begunAt: string
  ended: Omit<EventOf<'step ended'>, 'type' | 'start' | 'step' | 'run'> | undefined
}

/** What a person wants to be rolled out, and what became of it. */
export interface Start extends Omit<EventOf<'start asked for'>, 'type' | 'start' | 'at'> {
  id: string
  askedAt: string
  steps: readonly Step[]
  /** The last approval. It counts only as long as its person may approve. */
  approved: { at: string; by: string; groups: readonly string[] } | undefined
  withdrawn: { at: string; by: string } | undefined
  rollout: StartedRollout | undefined
}

/** The one rollout of a start. */
export interface StartedRollout {
  run: string
  machine: string
  by: string
  /** The person by whose approval it was begun; null where none was wanted, and none stood. */
  approvedBy: string | null
  begunAt: string
  ended: { at: string; result: StepResult; verdict: string | null; why: string | null } | undefined
}

/** The plan that a start has come to; undefined until its step has passed. */
export interface StartPlan {
  name: string
  /** The run that made it. */
  run: string
  hosts: number
  changes: number
}

/** The starts that events come to. An event that fits to nothing before it changes nothing. */
export class StartState {
  private readonly byId = new Map<string, Start>()

  static of(events: readonly RecordedStartEvent[]): StartState {
    const state = new StartState()
    for (const event of events) state.apply(event)
    return state
  }

  /** All starts, the oldest first. */
  get starts(): readonly Start[] {
    return [...this.byId.values()]
  }

  find(id: string): Start | undefined {
    return this.byId.get(id)
  }

  apply(event: RecordedStartEvent): void {
    const known = this.byId.get(event.start)
    if (event.type === 'start asked for') {
      const { type: _, start: id, at: askedAt, ...wish } = event
      if (known === undefined)
        this.byId.set(id, {
          ...wish,
          id,
          askedAt,
          steps: [],
          approved: undefined,
          withdrawn: undefined,
          rollout: undefined,
        })
    } else if (known !== undefined) this.byId.set(known.id, applied(known, event))
  }
}

function applied(known: Start, event: Exclude<RecordedStartEvent, { type: 'start asked for' }>): Start {
  switch (event.type) {
    case 'step begun':
      return nextStep(known) === event.step
        ? {
            ...known,
            steps: [
              ...known.steps,
              { name: event.step, run: event.run, begunAt: event.at, ended: undefined },
            ],
          }
        : known
    case 'step ended': {
      const { type: _, start: _start, step: _step, run, ...ended } = event
      const steps = known.steps.map((step) =>
        step.run === run && step.name === event.step && step.ended === undefined ? { ...step, ended } : step,
      )
      return { ...known, steps }
    }
    case 'start approved':
      // A second one is there where the person of the first may not approve any more.
      return planOf(known)?.name === event.plan && isWaiting(known)
        ? { ...known, approved: { at: event.at, by: event.by, groups: event.groups } }
        : known
    case 'start withdrawn':
      return isWaiting(known) ? { ...known, withdrawn: { at: event.at, by: event.by } } : known
    case 'rollout begun': {
      const { run, machine, by, approvedBy, at: begunAt, plan } = event
      return planOf(known)?.name === plan && isWaiting(known)
        ? { ...known, rollout: { run, machine, by, approvedBy, begunAt, ended: undefined } }
        : known
    }
    case 'rollout ended': {
      const { at, result, verdict, why, run } = event
      return known.rollout?.run === run && known.rollout.ended === undefined
        ? { ...known, rollout: { ...known.rollout, ended: { at, result, verdict, why } } }
        : known
    }
  }
}

function isWaiting({ rollout, withdrawn }: Start): boolean {
  return rollout === undefined && withdrawn === undefined
}

/**
 * Returns the step that comes next; undefined while one is under way, after one that did not pass, after the last, and for a
 * start that was withdrawn.
 */
export function nextStep({ steps, withdrawn }: Start): StepName | undefined {
  if (withdrawn !== undefined) return undefined
  const last = steps.at(-1)
  if (last !== undefined && last.ended?.result !== 'succeeded') return undefined
  return STEPS[steps.length]
}

export function stepUnderWay({ steps }: Start): Step | undefined {
  const last = steps.at(-1)
  return last?.ended === undefined ? last : undefined
}

export function planOf({ steps }: Start): StartPlan | undefined {
  const step = steps.find(({ name }) => name === 'plan')
  const { ended } = step ?? {}
  return step === undefined || ended?.result !== 'succeeded' || ended.plan === null
    ? undefined
    : { name: ended.plan, run: step.run, hosts: ended.hosts, changes: ended.changes }
}
