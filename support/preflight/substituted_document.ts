import type { Background, GherkinDocument, Scenario, Step } from '@cucumber/messages'
import { expand } from '../config/variables'

type Value = (name: string) => string | undefined

/** Returns the names of all columns of all tables of examples. */
export function columnsOf(document: GherkinDocument): ReadonlySet<string> {
  return new Set(
    partsOf(document).flatMap(({ scenario }) => (scenario === undefined ? [] : columns(scenario))),
  )
}

/** Fills the feature's own text, which reports show; a column of an outline's examples stays a column. */
export function fillDocument(document: GherkinDocument, of: Value): void {
  for (const { background, scenario } of partsOf(document)) {
    for (const step of background?.steps ?? []) fillStep(step, of)
    if (scenario === undefined) continue
    const own = new Set(columns(scenario))
    const unlessColumn: Value = (name) => (own.has(name) ? `<${name}>` : of(name))
    scenario.name = expand(scenario.name, unlessColumn)
    for (const step of scenario.steps) fillStep(step, unlessColumn)
    for (const row of scenario.examples.flatMap(({ tableBody }) => tableBody))
      for (const cell of row.cells) cell.value = expand(cell.value, of)
  }
}

function fillStep(step: Step, of: Value): void {
  step.text = expand(step.text, of)
  if (step.docString !== undefined) step.docString.content = expand(step.docString.content, of)
  for (const cell of (step.dataTable?.rows ?? []).flatMap(({ cells }) => cells))
    cell.value = expand(cell.value, of)
}

function columns({ examples }: Scenario): string[] {
  return examples.flatMap(({ tableHeader }) => tableHeader?.cells.map(({ value }) => value) ?? [])
}

function partsOf({ feature }: GherkinDocument): { background?: Background; scenario?: Scenario }[] {
  return (feature?.children ?? []).flatMap((child) => [child, ...(child.rule?.children ?? [])])
}
