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
  private readonly all = new Map<string, ScenarioRun>()
  private latest: ScenarioKey | undefined

  /** The scenario that was begun last. */
  get last(): ScenarioKey | undefined {
    return this.latest
  }

  /** Begins a scenario; `at` is in milliseconds since 1970. */
  begin({ uri, scenarioId }: ScenarioKey, at: number): void {
    this.latest = { uri, scenarioId }
    this.all.set(keyOf(this.latest), { began: at, took: undefined, outcome: undefined })
  }

  /** Ends the scenario that was begun last; `took` is in milliseconds. */
  end(outcome: Outcome, took: number): void {
    const scenarioRun = this.latest && this.all.get(keyOf(this.latest))
    if (scenarioRun !== undefined) Object.assign(scenarioRun, { took, outcome })
  }

  /** Returns the course of a scenario; undefined for a scenario that was not begun. */
  of(scenario: ScenarioKey): ScenarioRun | undefined {
    return this.all.get(keyOf(scenario))
  }
}

/** Returns the outcome of a scenario by the status that cucumber reports; a scenario without one has failed. */
export function outcomeOf(status: string | undefined): Outcome {
  return status === 'PASSED' ? 'passed' : status === 'SKIPPED' ? 'skipped' : 'failed'
}

/** Returns the key of a scenario as text; equal scenarios have equal keys. */
export function keyOf({ uri, scenarioId }: ScenarioKey): string {
  return `${uri}:${scenarioId}`
}
