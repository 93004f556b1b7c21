import type { ScenarioText } from '../lint/feature_text'
import type { Run } from '../run/run'

/** Returns the steps of a feature's scenarios that are run, for readers of a feature's text. */
export function writtenSteps(run: Run, feature: string): ScenarioText[] {
  const own = run.state.plan.filter(({ uri }) => uri === feature)
  return own.map(({ steps }) => ({
    steps: steps.map(({ line, text, expression, values }) => ({
      line,
      text,
      expression,
      arguments: values,
      rows: 0,
      keyword: 'unknown',
    })),
  }))
}
