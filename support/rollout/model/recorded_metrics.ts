import { selectorsIn } from './metric_query'

/** A metric that a rule of Prometheus computes from others, and stores with a time of its own. */
export interface RecordedMetric {
  name: string
  query: string
}

/** A selector whose samples are behind a query. */
export interface SelectorBehind {
  selector: string
  /** The rule that reads it, such as `errors:rate1m`; undefined where the query reads it itself. */
  rule: string | undefined
  /** True where a rule records it, and no target is scraped for it. */
  isRecorded: boolean
}

/**
 * Returns the selectors behind a query, each once: its own, and those of the rules that record what it reads. A rule
 * stores new samples though what it reads has none any more.
 */
export function selectorsBehind(
  query: string,
  recorded: readonly RecordedMetric[],
): readonly SelectorBehind[] {
  const found = new Map<string, SelectorBehind>()
  const add = (selector: string, rule: string | undefined) => {
    const isRecorded = recorded.some(({ name }) => name === nameIn(selector))
    if (!found.has(selector)) found.set(selector, { selector, rule, isRecorded })
  }
  for (const selector of selectorsIn(query)) add(selector, undefined)
  // A selector that is added here is looked at in its turn.
  for (const { selector } of found.values())
    for (const { name, query: read } of recorded)
      if (name === nameIn(selector)) for (const own of selectorsIn(read)) add(own, name)
  return [...found.values()]
}

function nameIn(selector: string): string | undefined {
  const [name] = /^[a-zA-Z_:][\w:]*/.exec(selector) ?? []
  return name ?? /[{,\s]__name__\s*=\s*["']([\w:]+)["']/.exec(selector)?.[1]
}
