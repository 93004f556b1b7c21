import type {
  Examples,
  Feature,
  GherkinDocument,
  Pickle,
  PickleStep,
  TestCase,
  TestStep,
} from '@cucumber/messages'
import type { FeatureText, Place, ScenarioText, StepText } from '../lint/feature_text'

/** The messages that cucumber has sent of the features before the first step runs. */
export interface Heard {
  documents: readonly GherkinDocument[]
  pickles: ReadonlyMap<string, Pickle>
  testCases: readonly TestCase[]
  /** The lines of features, by their node in the syntax tree. */
  lines: ReadonlyMap<string, number>
  /** The sentences of step definitions, by their id. */
  expressions: ReadonlyMap<string, string>
}

/** Returns the features of which a scenario is run, each with its steps as they were matched. */
export function featureTexts(heard: Heard): FeatureText[] {
  return heard.documents.flatMap(({ uri = '', feature, comments }) => {
    const written = [...heard.pickles.values()].filter((pickle) => pickle.uri === uri).length
    const scenarios = heard.testCases.flatMap((testCase) => scenarioText(heard, testCase, uri))
    if (feature === undefined || scenarios.length === 0) return []
    const lines = comments.map(({ location, text }) => ({ line: location.line, text }))
    return [
      { uri, scenarios, comments: lines, places: placesOf(feature), whole: scenarios.length === written },
    ]
  })
}

function scenarioText(heard: Heard, { pickleId, testSteps }: TestCase, uri: string): ScenarioText[] {
  const pickle = heard.pickles.get(pickleId)
  if (pickle?.uri !== uri) return []
  const matched = new Map(testSteps.map((step) => [step.pickleStepId, step]))
  return [{ steps: pickle.steps.map((step) => stepText(heard, step, matched.get(step.id))) }]
}

function stepText(heard: Heard, step: PickleStep, matched: TestStep | undefined): StepText {
  const ids = matched?.stepDefinitionIds ?? []
  const found = matched?.stepMatchArgumentsLists?.[0]?.stepMatchArguments ?? []
  return {
    line: heard.lines.get(step.astNodeIds[0] ?? '') ?? 1,
    text: step.text,
    expression: ids.length === 1 ? heard.expressions.get(ids[0] ?? '') : undefined,
    arguments: found.map(({ group, parameterTypeName }) => ({
      type: parameterTypeName,
      value: group.value ?? '',
    })),
    rows: step.argument?.dataTable?.rows.length ?? 0,
    keyword: KEYWORDS[step.type ?? ''] ?? 'unknown',
  }
}

const KEYWORDS: Readonly<Record<string, StepText['keyword']>> = {
  Context: 'context',
  Action: 'action',
  Outcome: 'outcome',
}

function placesOf(feature: Feature): Place[] {
  const places: Place[] = []
  const add = (node: Located, parts: readonly Place[]): Place => {
    const starts = (node.tags ?? []).reduce(
      (n, { location }) => Math.min(n, location.line),
      node.location.line,
    )
    const place = { starts, ends: parts.reduce((n, { ends }) => Math.max(n, ends), node.location.line) }
    places.push(place)
    return place
  }
  const leaf = (node: Located) => add(node, [])
  const addTable = (table: Examples) => add(table, table.tableBody.map(leaf))
  const addChild = ({ rule, background, scenario }: Feature['children'][number]): Place[] => [
    ...(rule === undefined ? [] : [add(rule, rule.children.flatMap(addChild))]),
    ...(background === undefined ? [] : [add(background, background.steps.map(leaf))]),
    ...(scenario === undefined
      ? []
      : [add(scenario, [...scenario.steps.map(leaf), ...scenario.examples.map(addTable)])]),
  ]
  add(feature, feature.children.flatMap(addChild))
  return places
}

interface Located {
  location: { line: number }
  tags?: readonly { location: { line: number } }[]
}
