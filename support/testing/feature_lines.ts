import type { FeatureText, StepText } from '../lint/feature_text'
import { SENTENCES } from '../sentences/catalogue'

/**
 * Makes a feature from its steps, one a line; the first line is line 1. `Background`, `Scenario`, comments and the rows
 * of a table are lines too. A sentence that is none of Lockstep's is a step of a team's own.
 */
export function featureOf(text: string, more: Partial<FeatureText> = {}): FeatureText {
  const lines = text.split('\n').map((line, index) => ({ line: index + 1, text: line.trim() }))
  const background: StepText[] = []
  const scenarios: { steps: StepText[] }[] = []
  const comments: { line: number; text: string }[] = []
  const starts: number[] = []
  let steps: StepText[] | undefined
  for (const { line, text } of lines) {
    if (text === '') continue
    if (text.startsWith('#')) comments.push({ line, text })
    else if (text === 'Background') steps = background
    else if (text === 'Scenario') {
      steps = [...background]
      scenarios.push({ steps })
      starts.push(line)
    } else if (text.startsWith('|')) addRow(steps)
    else {
      steps ??= scenarios[scenarios.push({ steps: [] }) - 1]?.steps ?? []
      steps.push(stepOf(line, text, steps.at(-1)?.keyword))
    }
  }
  const ends = lines.length
  const places = [
    { starts: 1, ends },
    ...starts.map((start, index) => ({ starts: start, ends: (starts[index + 1] ?? ends + 1) - 1 })),
    ...scenarios.flatMap(({ steps }) => steps.map(({ line }) => ({ starts: line, ends: line }))),
  ]
  return { uri: 'own.feature', scenarios, comments, places, whole: true, ...more }
}

function addRow(steps: StepText[] | undefined): void {
  const last = steps?.pop()
  if (last !== undefined) steps?.push({ ...last, rows: last.rows + 1 })
}

const KEYWORDS: Readonly<Record<string, StepText['keyword']>> = {
  Given: 'context',
  When: 'action',
  Then: 'outcome',
  '*': 'unknown',
}

function stepOf(line: number, written: string, before: StepText['keyword'] | undefined): StepText {
  const [, keyword = '', text = written] = /^(Given|When|Then|And|\*) (.*)$/.exec(written) ?? []
  const step = { line, text, rows: 0, keyword: KEYWORDS[keyword] ?? before ?? 'unknown' }
  for (const expression of SENTENCES.keys()) {
    const found = patternOf(expression).exec(text)
    if (found === null) continue
    const types = [...expression.matchAll(/\{(\w+)\}/g)].map(([, type]) => type)
    return {
      ...step,
      expression,
      arguments: types.map((type, index) => ({ type, value: found[index + 1] ?? '' })),
    }
  }
  return { ...step, expression: undefined, arguments: [] }
}

/** Returns the phrase that a text is written by; undefined for a step of a team's own. */
export function phraseOf(text: string): string | undefined {
  return [...SENTENCES.keys()].find((phrase) => patternOf(phrase).test(text))
}

function patternOf(expression: string): RegExp {
  const source = expression
    .replace(/\(s\)/, 's?')
    .replace('{string}', '"(.*)"')
    .replace(/\{(?:wave|duration|pool|allowance|fact|days)\}/g, String.raw`(\S+(?: \S+)?)`)
    .replace(/\{\w+\}/g, String.raw`(\S+)`)
  return new RegExp(`^${source}$`)
}
