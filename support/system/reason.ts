import { stripVTControlCharacters } from 'node:util'

/** The most characters of a reason that are kept. */
export const MAX_REASON = 400

const MAX_LINE = 220
/**
 * The most characters of a program's output that are read whole; of a longer one, the beginning and the end are read.
 */
const MAX_READ = 64 * 1024
/**
 * Matches the beginning of puppet's message about a program that failed; the whole command stands between the quotes.
 */
const EXECUTION = /^Execution of '(?:[^\s']*\/)?([^\s'/]{1,40})(?![^\s'/])[^']*' returned (\d{1,6}): ?/
/** Matches the place where an error begins in a text that has lost the ends of its lines. */
const IN_MID_LINE = /\s+(?=(?:E|dpkg): )/
/** Matches lines in which apt, dpkg, rpm and dnf say what is wrong. */
const ERRORS = /^(?:E: |dpkg(?:-deb)?(?: \(\w+\))?: (?!warning)|error: |Error: |rpm: |Problem: )/
const COMPLAINTS = /\b(?:error|failed|failure|cannot|could not|unable|refused|denied|no space left)\b/i
const WARNS = /\bwarning: /i

/**
 * Picks the point of a host's reason. Of a program's output it takes the lines that say what is wrong, or else its
 * first line and its last ones. It returns at most `MAX_REASON` characters, in one line. Secrets have to be hidden
 * before: this cuts.
 */
export function pickReason(text: string): string {
  const read =
    text.length > MAX_READ ? `${text.slice(0, MAX_LINE)}\n${text.slice(MAX_LINE - MAX_READ)}` : text
  const [, program, status] = EXECUTION.exec(read) ?? []
  const lines = linesOf(read.replace(EXECUTION, ''))
  const errors = findTelling(lines, ERRORS)
  const telling = errors.length > 0 ? errors : findTelling(lines, COMPLAINTS)
  const told =
    telling.length > 0 && lines.length > 1 ? telling : [...lines.slice(0, 1), ...lines.slice(1).slice(-2)]
  const lead = program === undefined ? '' : `${program} returned ${status}: `
  return lead + fitting([...new Set(told)], MAX_REASON - lead.length)
}

/** Returns the lines that `pattern` finds, and the indented lines that go on from them. */
export function findTelling(lines: readonly string[], pattern: RegExp): string[] {
  let isTold = false
  return lines.filter((line) => {
    isTold = (pattern.test(line) && !WARNS.test(line)) || (isTold && /^\s/.test(line))
    return isTold
  })
}

function linesOf(text: string): string[] {
  return stripVTControlCharacters(text)
    .split(/[\r\n]+/)
    .flatMap((line) => (line.length > MAX_LINE ? line.split(IN_MID_LINE) : [line]))
    .map((line) => line.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trimEnd())
    .filter((line) => line !== '')
}

/**
 * Joins lines and leaves out those in the middle that do not fit. The first lines say what went wrong, the last one the
 * result.
 */
function fitting(lines: readonly string[], room: number): string {
  const short = lines.map((line) => shorten(line.trim(), MAX_LINE))
  const whole = lines.length === 1 ? shorten(lines[0] ?? '', room) : short.join('; ')
  if (whole.length <= room) return whole
  const last = short.at(-1) ?? ''
  const first: string[] = []
  for (const line of short.slice(0, -1)) {
    if ([...first, line, '…', last].join('; ').length > room) break
    first.push(line)
  }
  return shorten([...first, '…', last].join('; '), room)
}

function shorten(text: string, room: number): string {
  if (text.length <= room) return text
  const head = Math.floor((room - 3) / 2)
  return `${beginningOf(text, head)} … ${endOf(text, room - 3 - head)}`
}

/** Returns at most the first characters of a text; a sign of two is not cut in the middle. */
export function beginningOf(text: string, longest: number): string {
  return text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '')
}

function endOf(text: string, longest: number): string {
  return text.slice(text.length - longest).replace(/^[\uDC00-\uDFFF]/, '')
}
