/** The most characters of a query. */
const MAX_QUERY = 1_500

const WORDS: ReadonlySet<string> = new Set(
  'and or unless atan2 bool offset by without on ignoring group_left group_right inf nan'.split(' '),
)
/** The words whose brackets have names of labels in them. */
const LABELS = /^(?:by|without|on|ignoring|group_left|group_right)$/
const CLOSED_BY: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }
const TOKEN =
  /\s+|#[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[a-zA-Z_:][\w:]*|\d[\w.]*|\.\d\w*|[()[\]{}]|[^\s"'#\w()[\]{}]/y

interface Token {
  text: string
  from: number
}

/** Returns why a text can be no query of Prometheus, by itself; undefined where only Prometheus can tell. */
export function queryFault(query: string): string | undefined {
  const read = selectorsOf(query)
  return typeof read === 'string' ? read : undefined
}

/**
 * Returns the selectors of a query that read its own time, such as `up{job="web"}`, each once; none where it is no query.
 * One that an `offset` or an `@` moves to another time is left out: its samples of now say nothing of the value.
 */
export function selectorsIn(query: string): readonly string[] {
  const read = selectorsOf(query)
  return typeof read === 'string' ? [] : read
}

function selectorsOf(query: string): string | readonly string[] {
  if (query.length > MAX_QUERY) return `has ${query.length} characters; at most ${MAX_QUERY} are read`
  const tokens = tokensOf(query)
  if (typeof tokens === 'string') return tokens
  const bracket = bracketFault(tokens)
  if (bracket !== undefined) return bracket
  const moved = movedIn(tokens)
  const [found, elsewhere] = [new Set<string>(), new Set<string>()]
  for (let at = 0; at < tokens.length; at += 1) {
    const { text = '', from = 0 } = tokens[at] ?? {}
    const next = tokens[at + 1]
    if (text === '[') at = closing(tokens, at)
    else if (LABELS.test(text.toLowerCase()) && next?.text === '(') at = closing(tokens, at + 1)
    else if (text === '{' || (isMetric(text, next, tokens[at + 2]) && next?.text === '{')) {
      at = closing(tokens, text === '{' ? at : at + 1)
      const selector = query.slice(from, (tokens[at]?.from ?? from) + 1)
      ;(moved.has(at) ? elsewhere : found).add(selector)
    } else if (isMetric(text, next, tokens[at + 2])) (moved.has(at) ? elsewhere : found).add(text)
  }
  if (found.size > 0) return [...found]
  return elsewhere.size > 0
    ? 'tells of another time: an offset or an @ moves each metric that it reads; a look counts from its own beginning'
    : 'reads no metric: each of its values would be one that it makes itself'
}

/** Returns the places of what an `offset` or an `@` moves: a selector, or all that a subquery has in it. */
function movedIn(tokens: readonly Token[]): ReadonlySet<number> {
  const moved = new Set<number>()
  for (const [at, { text }] of tokens.entries()) {
    if (!/^(?:offset|@)$/i.test(text)) continue
    let last = at - 1
    while (tokens[last]?.text === ']') last = opening(tokens, last) - 1
    const isGroup = /^[)}]$/.test(tokens[last]?.text ?? '')
    for (let place = isGroup ? opening(tokens, last) : last; place <= last; place += 1) moved.add(place)
  }
  return moved
}

/** Returns whether a word is the name of a metric: no word of the language, no function and no aggregation. */
function isMetric(word: string, next: Token | undefined, afterNext: Token | undefined): boolean {
  if (!/^[a-zA-Z_:]/.test(word) || WORDS.has(word.toLowerCase()) || next?.text === '(') return false
  const isAggregation = /^(?:by|without)$/i.test(next?.text ?? '') && afterNext?.text === '('
  return !isAggregation
}

function tokensOf(query: string): string | readonly Token[] {
  const tokens: Token[] = []
  for (let from = 0; from < query.length; from = TOKEN.lastIndex) {
    TOKEN.lastIndex = from
    const [text] = TOKEN.exec(query) ?? []
    if (text === undefined) return `has a text that is not closed: ${query.slice(from, from + 40)}`
    if (!/^(?:\s|#)/.test(text)) tokens.push({ text, from })
  }
  return tokens
}

function bracketFault(tokens: readonly Token[]): string | undefined {
  const open: string[] = []
  for (const { text } of tokens) {
    if (text in CLOSED_BY) open.push(text)
    else if (/^[)\]}]$/.test(text) && CLOSED_BY[open.pop() ?? ''] !== text)
      return `has a ${text} that closes nothing`
  }
  const last = open.pop()
  return last === undefined ? undefined : `has a ${last} that is not closed`
}

/** Returns the place of what closes the bracket at a place. */
function closing(tokens: readonly Token[], at: number): number {
  let depth = 0
  for (let place = at; place < tokens.length; place += 1) {
    const { text = '' } = tokens[place] ?? {}
    if (text in CLOSED_BY) depth += 1
    else if (/^[)\]}]$/.test(text)) depth -= 1
    if (depth === 0) return place
  }
  return tokens.length
}

/** Returns the place of what opens the bracket that a place closes. */
function opening(tokens: readonly Token[], at: number): number {
  let depth = 0
  for (let place = at; place >= 0; place -= 1) {
    const { text = '' } = tokens[place] ?? {}
    if (/^[)\]}]$/.test(text)) depth += 1
    else if (text in CLOSED_BY) depth -= 1
    if (depth === 0) return place
  }
  return 0
}

/** Returns the query in a text between backticks, as a feature writes it. */
export function queryOf(written: string): string {
  return written.slice(1, -1).trim()
}
