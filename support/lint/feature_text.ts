/** A feature as it is written, with what each of its steps was recognised as. Lines count from 1. */
export interface FeatureText {
  uri: string
  /** In the order in which they run; a Scenario Outline is one for each of its rows. */
  scenarios: readonly ScenarioText[]
  comments: readonly { line: number; text: string }[]
  /** What a comment can stand before. */
  places: readonly Place[]
  /** False when only some of its scenarios are run, by tag or by line. */
  whole: boolean
}

export interface ScenarioText {
  /** Those of the Background first. */
  steps: readonly StepText[]
}

export interface StepText {
  line: number
  text: string
  /** Of the step's definition; undefined where none or several match. */
  expression: string | undefined
  arguments: readonly { type: string | undefined; value: string }[]
  /** How many rows its table has; 0 without one. */
  rows: number
  /** What its keyword, or the one that its `And` goes on from, says: Given, When, Then, or `*`. */
  keyword: 'context' | 'action' | 'outcome' | 'unknown'
}

/** A step, scenario, rule, Background, table of examples or whole feature. */
export interface Place {
  /** The first line, tags included. */
  starts: number
  /** The last line that belongs to it. */
  ends: number
}
