/** A feature as it is written, with the definition that each of its steps matches. Lines count from 1. */
export interface FeatureText {
  uri: string
  /** The scenarios in the order in which they run; a Scenario Outline is one for each of its rows. */
  scenarios: readonly ScenarioText[]
  comments: readonly { line: number; text: string }[]
  /** The places that a comment can stand before. */
  places: readonly Place[]
  /** False when only some of its scenarios are run, by tag or by line. */
  whole: boolean
}

export interface ScenarioText {
  /** The steps of the scenario, those of the Background first. */
  steps: readonly StepText[]
}

export interface StepText {
  line: number
  text: string
  /** The expression of the step's definition; undefined where none or several match. */
  expression: string | undefined
  arguments: readonly { type: string | undefined; value: string }[]
  /** The number of rows of its table; 0 without one. */
  rows: number
  /** The meaning of its keyword, or of the one that its `And` goes on from: Given, When, Then, or `*`. */
  keyword: 'context' | 'action' | 'outcome' | 'unknown'
}

/** A step, scenario, rule, Background, table of examples or whole feature. */
export interface Place {
  /** The first line of the place, tags included. */
  starts: number
  /** The last line that belongs to the place. */
  ends: number
}
