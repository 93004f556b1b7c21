import type { RemainingHosts } from '../rollout/model/remaining'
import type { ListedVerdict } from '../rollout/model/host_list'
import type { Mode } from './modes'
import type { ScenarioKey } from './scenario_runs'

/** A line of a feature, in one of the scenarios that it belongs to. */
export interface Line extends ScenarioKey {
  line: number
  text: string
}

/** The line that a run ended at. */
export type StoppedAt = Omit<Line, 'scenarioId'>

/** A step's verdict with the line it belongs to. */
export interface StepVerdict extends Line {
  /** The mode in which the step ran, such as `live`, `noop` or `plan`; it says whether the step was for real. */
  mode: Mode
  verdict: ListedVerdict
}

/** A step that failed although its verdict does not say so, or has none, such as a team's own step. */
export interface Fault extends Line {
  message: string
}

/** A remark on a line before anything is run; an error keeps the run from beginning. */
export interface Remark {
  uri: string
  line: number
  severity: 'error' | 'warning'
  message: string
}

/** A step that was done after a failure, and its verdict. */
export interface UndoneStep {
  what: string
  verdict: ListedVerdict
}

/** A line that is to be run. No secret is in its text, its table or its document. */
export interface PlannedStep {
  line: number
  text: string
  expression?: string | undefined
  values: readonly { type: string; value: string }[]
  /** The keyword as written, such as `Given `. */
  keyword?: string
  /** True for a When, and for an And that goes on from one. */
  isAction?: boolean
  /** True for a line of a Background. */
  isBackground?: boolean
  table?: readonly (readonly string[])[] | undefined
  document?: string | undefined
}

/**
 * A scenario that is to be run, as its feature has it. The `scenarioId` is its line, or the line of its row of
 * examples.
 */
export interface PlannedScenario extends ScenarioKey {
  /** The name of the scenario's feature. */
  feature?: string
  name: string
  steps: readonly PlannedStep[]
  /** The size of the scenario's wave; undefined where it takes none. */
  wave?: string | undefined
  tags: readonly string[]
}

/** A host of a rollout, and the wave that it belongs to. */
export interface PlacedHost {
  host: string
  wave: string | undefined
}

/** The text of a feature as it was run, and the values that a later run of it has to use again. */
export interface FeatureText {
  text: string
  values: ReadonlyMap<string, string>
  /** True where `***` stands for a secret of the text. */
  hasHidden: boolean
}

/** The hosts that a run has not brought to the end of a feature. */
export interface LeftHosts extends RemainingHosts {
  /** True when all scenarios of the feature passed, and the hosts failed within the budget. */
  passed: boolean
}

/** A feature with the hosts that a run has not brought to the end of one of its features. */
export interface Recovery {
  /** The path of the feature that was run. */
  uri: string
  path: string
  /** The number of hosts that the recovery feature is for. */
  hosts: number
  /**
   * True when a resumed run can bring the hosts to the end. It is false where hosts failed within the budget, or where
   * something is not told twice.
   */
  isResumable: boolean
  /** True when the waves of the recovery feature leave as many hosts in service as it wants to. */
  hasRoom: boolean
}

/** A plan that was saved: its name, where it is, and how much would change. */
export interface SavedPlan {
  id: string
  path: string
  changes: number
  hosts: number
}

/** The way in which a run was begun, as far as a person needs it to go on where the run has ended. */
export interface Invocation {
  /** The arguments behind `cucumber-js`. */
  args: readonly string[]
  /** The settings that a command to go on with repeats. */
  env: Readonly<Record<string, string>>
  /** The words that call cucumber-js, and lockstep, in the folder where the run was begun. */
  cucumber: string
  lockstep: string
  /** True for a run that was begun with `lockstep run` and the like, and not with cucumber-js. */
  byCommand?: boolean
}

/** A host that a run changed although an earlier run had reported it as done. */
export interface Drift {
  host: string
  what: string
  /** The run that had reported the host as done. */
  since: string
}
