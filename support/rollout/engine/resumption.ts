import { lineKey, type Checkpoint, type ScenarioCheckpoint } from '../model/checkpoint'
import type { Line } from './line'

/** The entries of the resumed run's journal about the scenario that runs now. */
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

  /** Returns whether a later line has superseded a check, in a scenario that is only proved again. */
  isOvertaken(line: Line): boolean {
    return this.isDone && this.scenario?.overtaken.has(lineKey(line)) === true
  }

  /** Returns the hosts to which the resumed run sent the order of this line, and whose result it never knew. */
  unknownOutcome(line: Line): ReadonlySet<string> {
    return this.scenario?.unknown.get(lineKey(line)) ?? new Set()
  }
}
