import type { Composition } from '../composition/composition'
import { Account } from '../run/account'
import { Run } from '../run/run'
import { keyOf, type ScenarioKey } from '../run/scenario_runs'
import { systemClock } from '../system/clock'

/**
 * The state that the plugin, hooks and formatters of one process share: cucumber gives them no way to hand anything to
 * each other. Nothing outside this folder knows it.
 */
class Session {
  readonly run = new Run(systemClock)
  /** The lines of features by their node in the syntax tree. */
  readonly lines = new Map<string, number>()
  readonly account = new Account((nodes) => this.lineOf(nodes), {
    concluded: (scenario, line) => this.run.state.hasConcluded(scenario, line),
    reached: (scenario, line) => this.reached.has(`${keyOf(scenario)} ${line}`),
  })
  /** The parts of the run; undefined until its first scenario is about to begin. */
  composition: Composition | undefined
  private readonly reached = new Set<string>()

  lineOf(astNodeIds: readonly string[]): number {
    return this.lines.get(astNodeIds[0] ?? '') ?? 0
  }

  /** Returns the scenario of a pickle, as it is named in every run of its feature. */
  scenarioOf({ uri, astNodeIds }: { uri: string; astNodeIds: readonly string[] }): ScenarioKey {
    return { uri, scenarioId: String(this.lineOf(astNodeIds.slice(-1))) }
  }

  /** Notes that the code of the current line has reached its rollout, by saying or asking something. */
  reach(): void {
    const { current } = this.run.state
    this.reached.add(`${keyOf(current)} ${current.line}`)
  }
}

export const session = new Session()
