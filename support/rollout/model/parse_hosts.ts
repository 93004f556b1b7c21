import { LockstepError } from '../../system/errors'
import { excerpt } from '../../system/redaction'
import { isPlainName } from './quoted_host'

/** The most hosts that a text may stand for. */
export const MAX_HOSTS = 100_000

/** Matches a part of a list up to its comma: a name in quotes, or text and brackets. */
const ITEM = /(\s*"(?:[^"\\]|\\.)*"\s*|(?:\[[^\][]*\]|[^\][,"])+)(,|$)/y
const RANGE = /^(\d{1,15})(?:-(\d{1,15})(?:\/(\d{1,15}))?)?$/

/**
 * Parses hosts in ClusterShell's form: names with commas between them, and ranges in brackets, such as
 * `web[1-3,7],node[00001-01999/2]`. Returns each host once.
 * @throws LockstepError `bad-input` naming the part that cannot be read
 */
export function parseHosts(text: string): string[] {
  const hosts = new Set<string>()
  let room = MAX_HOSTS
  for (const item of itemsOf(text)) {
    const parts = partsOf(item)
    room -= parts.reduce((n, { length }) => n * length, 1)
    if (room < 0) throw refuse(text, `stands for more than ${MAX_HOSTS} hosts`)
    for (const host of namesOf(parts)) hosts.add(host)
  }
  return [...hosts]
}

function itemsOf(text: string): string[] {
  const items: string[] = []
  ITEM.lastIndex = 0
  for (let isOpen = true; isOpen;) {
    const from = ITEM.lastIndex
    const [, item, end] = ITEM.exec(text) ?? []
    if (item === undefined || item.trim() === '') throw refuse(text.slice(from), faultOf(text.slice(from)))
    items.push(item.trim())
    isOpen = end === ','
  }
  return items
}

function faultOf(rest: string): string {
  if (/^\s*(?:,|$)/.test(rest)) return 'has no host where one is expected, beside a comma or alone'
  if (/^[^,[]*\]/.test(rest)) return 'closes a bracket that is not open'
  if (/\[[^\]]*(?:\[|$)/.test(rest)) return 'opens a bracket and does not close it'
  return 'has a quotation mark that does not begin and end a name'
}

/** Returns the parts of a name, each with all its texts: those of a range, or one. */
function partsOf(item: string): string[][] {
  if (item.startsWith('"')) return [[unquote(item)]]
  return item
    .split(/(\[[^\]]*\])/)
    .filter((part) => part !== '')
    .map((part) => {
      if (part.startsWith('[')) return numbersOf(part, item)
      if (isPlainName(part)) return [part]
      const sign = [...part].find((each) => !isPlainName(each)) ?? ''
      const which = /\s/.test(sign) ? 'a blank' : `the sign ${sign}`
      throw refuse(item, `has ${which} in a name; write names with commas between them, such as web[1-3],db7`)
    })
}

function unquote(item: string): string {
  try {
    return String(JSON.parse(item))
  } catch {
    throw refuse(item, 'is in quotes, and not as JSON has it')
  }
}

function numbersOf(bracket: string, item: string): string[] {
  return bracket
    .slice(1, -1)
    .split(',')
    .flatMap((written) => {
      const [, first, last = first, step = '1'] = RANGE.exec(written.trim()) ?? []
      if (first === undefined || last === undefined)
        throw refuse(
          item,
          `has "${excerpt(written, 40)}" in a bracket; write numbers, such as [1-3,7] or [0-8/2]`,
        )
      return rangeOf(first, last, Number(step), item)
    })
}

function rangeOf(first: string, last: string, step: number, item: string): string[] {
  const [from, to] = [Number(first), Number(last)]
  const isPadded = [first, last].some((each) => each.length > 1 && each.startsWith('0'))
  if (isPadded && first.length !== last.length)
    throw refuse(item, `has the range ${first}-${last}, whose ends have different padding`)
  if (from > to) throw refuse(item, `has the range ${first}-${last}, which goes backwards`)
  if (step === 0) throw refuse(item, `has the range ${first}-${last}/0, and no step is 0`)
  const count = Math.floor((to - from) / step) + 1
  if (count > MAX_HOSTS) throw refuse(item, `stands for more than ${MAX_HOSTS} hosts`)
  const width = isPadded ? first.length : 0
  return Array.from({ length: count }, (_, index) => String(from + index * step).padStart(width, '0'))
}

function namesOf(parts: readonly string[][]): string[] {
  return parts.reduce<string[]>(
    (names, part) => names.flatMap((name) => part.map((text) => name + text)),
    [''],
  )
}

function refuse(text: string, why: string): LockstepError {
  return new LockstepError('bad-input', `"${excerpt(text, 80)}" ${why}`)
}
