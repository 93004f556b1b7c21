import type { Clock } from '../system/clock'

/** Names a scenario, or the row of its table, in every run of the same feature. */
export interface ScenarioKey {
  uri: string
  unit: string
}

/** How a scenario went that was begun. */
export interface Course {
  /** Milliseconds since 1970. */
  began: number
  /** Milliseconds; undefined while it has not ended. */
  took: number | undefined
  outcome: Outcome | undefined
}

export type Outcome = 'passed' | 'skipped' | 'failed'

/** The scenarios of a run that were begun. */
export class Courses {
  private readonly all = new Map<string, Course & { elapsed: number }>()
  private latest: ScenarioKey | undefined

  /** The scenario that was begun last. */
  get last(): ScenarioKey | undefined {
    return this.latest
  }

  begin({ uri, unit }: ScenarioKey, clock: Clock): void {
    this.latest = { uri, unit }
    const course = { began: clock.now(), elapsed: clock.elapsed(), took: undefined, outcome: undefined }
    this.all.set(keyOf(this.latest), course)
  }

  end(outcome: Outcome, clock: Clock): void {
    const course = this.latest && this.all.get(keyOf(this.latest))
    if (course !== undefined) Object.assign(course, { took: clock.elapsed() - course.elapsed, outcome })
  }

  /** Undefined for a scenario that was not begun. */
  of(scenario: ScenarioKey): Course | undefined {
    return this.all.get(keyOf(scenario))
  }
}

/** The same for the same scenario. */
export function keyOf({ uri, unit }: ScenarioKey): string {
  return `${uri}:${unit}`
}
