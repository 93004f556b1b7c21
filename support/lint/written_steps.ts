import { SENTENCES } from '../sentences/catalogue'
import type { ScenarioText, StepText } from './feature_text'

/**
 * Reads the steps of an English feature by its text alone, without cucumber. Tables and documents are passed over. A
 * sentence that is not in the catalogue is a step of a team's own; a value may be the name of a column.
 */
export function readSteps(text: string): ScenarioText[] {
  // The Background of the feature, and that of the rule that a line is in.
  const backgrounds: { feature: StepText[]; rule: StepText[] | undefined } = { feature: [], rule: undefined }
  const scenarios: { steps: StepText[] }[] = []
  let steps: StepText[] | undefined
  let fence: string | undefined
  text.split(/\r?\n/).forEach((written, index) => {
    const line = written.trim()
    const [mark] = /^(?:"""|```)/.exec(line) ?? []
    if (mark !== undefined && (fence === undefined || fence === mark)) {
      fence = fence === undefined ? mark : undefined
      return
    }
    if (fence !== undefined) return
    const [, heading] =
      /^(Rule|Background|Scenario(?: Outline| Template)?|Example|Examples|Scenarios):/.exec(line) ?? []
    switch (heading) {
      case undefined:
        return addStep(steps, line, index + 1)
      case 'Rule':
        backgrounds.rule = []
        steps = undefined
        return
      case 'Background':
        steps = backgrounds.rule ?? backgrounds.feature
        return
      case 'Examples':
      case 'Scenarios':
        steps = undefined
        return
      default:
        steps = [...backgrounds.feature, ...(backgrounds.rule ?? [])]
        scenarios.push({ steps })
    }
  })
  return scenarios
}

const KEYWORDS: Readonly<Record<string, StepText['keyword']>> = {
  Given: 'context',
  When: 'action',
  Then: 'outcome',
  '*': 'unknown',
}

function addStep(steps: StepText[] | undefined, line: string, number: number): void {
  const [, keyword = '', text] = /^(Given|When|Then|And|But|\*) (.*)$/.exec(line) ?? []
  if (steps === undefined || text === undefined) return
  const before = steps.at(-1)?.keyword ?? 'unknown'
  steps.push({ line: number, text, rows: 0, keyword: KEYWORDS[keyword] ?? before, ...matchWritten(text) })
}

/** The most characters of a text that is matched, as in a run: values take turns to match what is long. */
const MAX_WRITTEN = 2_000

/** Returns the sentence that a text is written by, where a value may be the name of a column or a variable. */
export function matchWritten(text: string): Pick<StepText, 'expression' | 'arguments'> {
  if (text.length > MAX_WRITTEN) return { expression: undefined, arguments: [] }
  for (const [expression, pattern] of PATTERNS) {
    const found = pattern.exec(text)
    if (found === null) continue
    const types = [...expression.matchAll(/\{(\w+)\}/g)].map(([, type]) => type)
    return {
      expression,
      arguments: types.map((type, index) => ({ type, value: found[index + 1] ?? '' })),
    }
  }
  return { expression: undefined, arguments: [] }
}

/** The patterns of all phrases, the longest phrase first: the value of a shorter one could be the rest of it. */
const PATTERNS = [...SENTENCES.keys()]
  .sort((a, b) => b.length - a.length)
  .map((phrase): [string, RegExp] => [phrase, patternOf(phrase)])

function patternOf(phrase: string): RegExp {
  const source = phrase
    .split(/(\{\w+\}|\(s\))/)
    .map((part) => {
      if (part === '(s)') return 's?'
      if (part === '{string}') return '"(.*)"'
      if (part === '{balancer}') return String.raw`((?!haproxy )\S+)`
      if (part === '{fact}') return String.raw`(\S.*)`
      if (/^\{(?:allowance|days)\}$/.test(part)) return String.raw`(\S+(?: \S+)*?)`
      if (/^\{(?:wave|duration|pool)\}$/.test(part)) return String.raw`(\S+(?: \S+)?)`
      if (/^\{\w+\}$/.test(part)) return String.raw`(\S+)`
      return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    })
    .join('')
  return new RegExp(`^${source}$`)
}
