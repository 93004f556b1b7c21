/** The parts of an output that are different in each run, as patterns. */
const VARYING: readonly RegExp[] = [
  /\d{8}-\d{6}-[0-9a-f]{4}/, // a run
  /\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?Z?| \d\d:\d\d(?::\d\d)?)/, // a time
  /\b[0-9a-f]{12}\b/, // a plan
  /\b\d+(?:\.\d+)? (?:ms|s|seconds?|min)\b(?: \d+ s\b)?/, // a duration
  /\bpid \d+/,
]
const TOKEN = new RegExp(
  [...VARYING.map(({ source }) => source), '…', ' {2,}'].map((each) => `(?:${each})`).join('|'),
  'g',
)

/**
 * Compares what a page shows with what a program said. A line `…` stands for any lines, and `…` within a line for any
 * text. Runs, times, plans and durations may be others of their kind, and so may the width of a gap. A slow machine shows
 * seconds behind more lines, and says what it waits for: neither counts.
 * @returns undefined when they agree, or both as a person compares them
 */
export function compareOutput(shown: string, said: string): { shown: string; said: string } | undefined {
  const expected = linesOf(shown)
  const got = linesOf(said)
  return agree(expected, got) ? undefined : { shown: expected.join('\n'), said: got.join('\n') }
}

const NAMES: readonly RegExp[] = [/\b\d{8}-\d{6}-[0-9a-f]{4}\b/g, /\b[0-9a-f]{12}\b/g]

/**
 * Returns what the newest run and the plan of an output are called, by what a page calls them: the page's next commands
 * name them.
 */
export function namesIn(shown: string, said: string): ReadonlyMap<string, string> {
  return new Map(
    NAMES.flatMap((pattern) => {
      const [old, own] = [shown, said].map((text) => (text.match(pattern) ?? []).sort().at(-1))
      return old === undefined || own === undefined ? [] : [[old, own] as const]
    }),
  )
}

function agree(expected: readonly string[], got: readonly string[]): boolean {
  const [first, ...rest] = expected
  if (first === undefined) return got.length === 0
  if (first.trim() !== '…') {
    const [line, ...others] = got
    return line !== undefined && patternOf(first).test(line) && agree(rest, others)
  }
  return rest.length === 0 || got.some((_, index) => agree(rest, got.slice(index)))
}

function patternOf(line: string): RegExp {
  let source = ''
  let at = 0
  for (const found of line.matchAll(TOKEN)) {
    source += escape(line.slice(at, found.index)) + sourceOf(found[0])
    at = found.index + found[0].length
  }
  return new RegExp(`^${source}${escape(line.slice(at))}$`)
}

function sourceOf(token: string): string {
  if (token === '…') return '.*'
  if (token.startsWith('  ')) return ' {2,}'
  return VARYING.find((pattern) => new RegExp(`^(?:${pattern.source})$`).test(token))?.source ?? escape(token)
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

/** Matches the seconds of a line of a run, which stand at its right. */
const SECONDS = / {2,}(?:\d+\.\d s|\d+ min(?: \d+ s)?)$/
/** Matches a line about a wait, which is told where nothing can be drawn over. */
const WAIT = /^ +… .* · waits for |^ +… .*\b\d+ (?:s|min) of \d/

function linesOf(text: string): string[] {
  const lines = text
    .split('\n')
    .filter((line) => !WAIT.test(line))
    .map((line) => ({ line: line.trimEnd(), told: line.trimEnd().replace(SECONDS, '') }))
    // Seconds for which a line has no room stand on a row of their own.
    .flatMap(({ line, told }) => (told === '' && line !== '' ? [] : told))
  while (lines.at(-1) === '') lines.pop()
  return lines
}

/**
 * Returns what a page shows of an output that it no longer agrees with: the new lines, without those that the page has
 * left out so far.
 */
export function refreshOutput(shown: string, said: string): string {
  const [old, own] = [shown, said].map((text) => text.trimEnd().split('\n')) as [string[], string[]]
  const fresh: string[] = []
  let at = 0
  for (const [index, line] of old.entries()) {
    if (line.trim() === '…') {
      fresh.push(line)
      const next = old[index + 1]
      const found = next === undefined ? own.length : indexOfLike(own, next, at)
      at = found ?? at
      continue
    }
    const found = indexOfLike(own, line, at)
    if (found === undefined) continue
    fresh.push(...own.slice(at, found + 1))
    at = found + 1
  }
  return [...fresh, ...own.slice(at)].join('\n')
}

function indexOfLike(lines: readonly string[], line: string, from: number): number | undefined {
  const found = lines.findIndex((each, index) => index >= from && keyOf(each) === keyOf(line))
  return found < 0 ? undefined : found
}

/** Returns what makes a line the one that it is: its words before the first gap, or all of a short one. */
function keyOf(line: string): string {
  const words = VARYING.reduce((text, pattern) => text.replaceAll(new RegExp(pattern, 'g'), '~'), line.trim())
  const [first = ''] = words.split(/ {2,}/)
  return first.length < 10 ? words.replaceAll(/\s+/g, ' ') : first
}
