import { concludes, groupOf } from '../sentences/catalogue'

/** A scenario that is to be run, with the lines that say which hosts it is for. */
interface SelectingScenario {
  uri: string
  steps: readonly SelectingStep[]
}

interface SelectingStep {
  line: number
  text: string
  /** The rows of the table below the line; undefined where there is none. */
  table: readonly (readonly string[])[] | undefined
  expression: string | undefined
}

/**
 * Returns the lines that select other hosts than their feature is for. The hosts of a feature are found once and stay
 * the same to its end. None of the hosts that such lines mean would be asked. A scenario that selects no hosts goes on
 * with those of the feature.
 */
export function oddSelections(
  scenarios: readonly SelectingScenario[],
): { uri: string; line: number; message: string }[] {
  const first = new Map<string, readonly SelectingStep[]>()
  return scenarios.flatMap(({ uri, steps }) => {
    const needing = steps.find(({ expression }) => concludes(expression))
    const selecting = steps.filter(({ expression }) => groupOf(expression) === 'selects')
    const [one] = selecting
    if (one === undefined) return []
    const late = needing && selecting.find((step) => steps.indexOf(step) > steps.indexOf(needing))
    if (late !== undefined) {
      const message = `"${late.text}" selects hosts, and line ${needing?.line} before it is for those that are selected already: say first which hosts a feature is for`
      return [{ uri, line: late.line, message }]
    }
    const before = first.get(uri) ?? selecting
    first.set(uri, before)
    if (keyOf(before) === keyOf(selecting)) return []
    const other = selecting.find((step) => !before.some((each) => keyOf([each]) === keyOf([step])))
    const { line, text } = other ?? one
    const message = `${other === undefined ? 'the scenario of' : ''} "${text}" selects other hosts than line ${before[0]?.line} and what follows it ("${before.map((step) => step.text).join('", "')}"), and the hosts of a feature are the same to its end: write a feature for each`
    return [{ uri, line, message: message.trimStart() }]
  })
}

function keyOf(steps: readonly SelectingStep[]): string {
  return JSON.stringify(steps.map(({ text, table }) => JSON.stringify([text, table])).sort())
}
