import type { Clock } from '../system/clock'

/** A scenario, or the row of its table, named alike in every run of one feature. */
export interface ScenarioKey {
  uri: string
  scenarioId: string
}

/** The course of a scenario that was begun. */
export interface ScenarioRun {
  /** Milliseconds since 1970. */
  began: number
  /** Milliseconds that the scenario took; undefined while it has not ended. */
  took: number | undefined
  outcome: Outcome | undefined
}

export type Outcome = 'passed' | 'skipped' | 'failed'

/** The scenarios of a run that were begun. */
export class ScenarioRuns {
  private readonly all = new Map<string, ScenarioRun & { elapsed: number }>()
  private latest: ScenarioKey | undefined

  /** The scenario that was begun last. */
  get last(): ScenarioKey | undefined {
    return this.latest
  }

  begin({ uri, scenarioId }: ScenarioKey, clock: Clock): void {
    this.latest = { uri, scenarioId }
    const scenarioRun = { began: clock.now(), elapsed: clock.elapsed(), took: undefined, outcome: undefined }
    this.all.set(keyOf(this.latest), scenarioRun)
  }

  end(outcome: Outcome, clock: Clock): void {
    const scenarioRun = this.latest && this.all.get(keyOf(this.latest))
    if (scenarioRun !== undefined)
      Object.assign(scenarioRun, { took: clock.elapsed() - scenarioRun.elapsed, outcome })
  }

  /** Returns the course of a scenario; undefined for a scenario that was not begun. */
  of(scenario: ScenarioKey): ScenarioRun | undefined {
    return this.all.get(keyOf(scenario))
  }
}

/** Returns the key of a scenario as text; equal scenarios have equal keys. */
export function keyOf({ uri, scenarioId }: ScenarioKey): string {
  return `${uri}:${scenarioId}`
}
