import { lineKey, type Checkpoint, type ScenarioCheckpoint } from '../model/checkpoint'
import type { Line } from './line'

/** What the journal of the run that is resumed says of the scenario that is run now. */
export class Resumption {
  private scenario: ScenarioCheckpoint | undefined

  constructor(private readonly checkpoint: Checkpoint | undefined) {}

  /** The run that is resumed; undefined where none is. */
  get run(): string | undefined {
    return this.checkpoint?.run
  }

  beginScenario(scenarioId: string): void {
    this.scenario = this.checkpoint?.scenarios.get(scenarioId)
  }

  /** True when the earlier run has done the scenario: it is only proved again. */
  get isDone(): boolean {
    return this.scenario?.done === true
  }

  /** Returns whether a later line has overtaken a line that looks, in a scenario that is only proved again. */
  isOvertaken(line: Line): boolean {
    return this.isDone && this.scenario?.overtaken.has(lineKey(line)) === true
  }

  /** Returns the hosts that the resumed run told this very line, and never knew what came of it. */
  unknownOutcome(line: Line): ReadonlySet<string> {
    return this.scenario?.unknown.get(lineKey(line)) ?? new Set()
  }
}
