import { groupBy } from '../../system/groups'
import { quoteHost } from './quoted_host'

/** Hosts in ClusterShell's form, such as `web[1-3,7].example.net`, and how many they are. */
export interface FoldedHosts {
  text: string
  count: number
}

/** Numbers in a row, or in steps, as they stand in a bracket: `1-3`, `00001-01999/2`, `7`. */
interface Run {
  text: string
  count: number
}

/** Hosts whose names differ in some numbers only: those of all combinations. A part of the name is text, or a range. */
interface Box {
  parts: readonly (string | readonly Run[])[]
  hosts: readonly string[]
}

/** The most numbers of a name that become ranges. */
const MAX_RANGES = 4
/** The fewest numbers that are shorter with a step than one by one. */
const MIN_STEPS = 4
/** Matches a number that a program can count with. Longer ones are text. */
const NUMBER = /(?<!\d)(\d{1,15})(?!\d)/

/**
 * Folds names of hosts as short as they can be said. The texts, with commas between them, are ClusterShell's form of
 * the same hosts, and never longer than their names. Numbers of other padding are other hosts: `web1` is not `web01`.
 */
export function foldHosts(hosts: readonly string[]): string[] {
  return boxesOf(hosts).flatMap(textsOf)
}

/** Formats hosts in ClusterShell's form; the same hosts have the same text, in any order. */
export function formatHosts(hosts: readonly string[]): string {
  return foldHosts([...hosts].sort()).join(',')
}

/** Folds names of hosts into texts of at most `widest` characters, but for names that are longer. */
export function foldHostsWithin(hosts: readonly string[], widest: number): FoldedHosts[] {
  return boxesOf(hosts).flatMap((box) => {
    const texts = textsOf(box)
    if (texts.length > 1) return texts.map((text) => ({ text, count: 1 }))
    return texts.flatMap((text) =>
      text.length <= widest ? [{ text, count: box.hosts.length }] : cutBox(box, widest),
    )
  })
}

function textsOf({ parts, hosts }: Box): string[] {
  const text = parts.map(textOf).join('')
  const plain = hosts.reduce((sum, host) => sum + host.length + 1, -1)
  return text.length <= plain || hosts.length === 1 ? [text] : [...hosts]
}

/** Cuts the longest range of a box, so that each piece fits. */
function cutBox({ parts, hosts }: Box, widest: number): FoldedHosts[] {
  const lengths = parts.map((part) => (typeof part === 'string' ? 0 : textOf(part).length))
  const longest = lengths.indexOf(Math.max(...lengths))
  const runs = parts[longest]
  if (runs === undefined || typeof runs === 'string' || runs.length < 2)
    return [{ text: parts.map(textOf).join(''), count: hosts.length }]
  const others = hosts.length / sum(runs)
  const around = parts.reduce((n, part, at) => n + (at === longest ? 2 : textOf(part).length), 0)
  return chunksOf(runs, widest - around).map((chunk) => ({
    text: parts.map((part, at) => textOf(at === longest ? chunk : part)).join(''),
    count: sum(chunk) * others,
  }))
}

function chunksOf(runs: readonly Run[], room: number): Run[][] {
  const chunks: Run[][] = []
  let left = 0
  for (const run of runs) {
    if (run.text.length + 1 > left || chunks.length === 0) {
      chunks.push([])
      left = room + 1
    }
    chunks.at(-1)?.push(run)
    left -= run.text.length + 1
  }
  return chunks
}

function textOf(part: string | readonly Run[]): string {
  if (typeof part === 'string') return part
  const text = part.map((run) => run.text).join(',')
  return sum(part) === 1 ? text : `[${text}]`
}

function sum(runs: readonly Run[]): number {
  return runs.reduce((n, { count }) => n + count, 0)
}

function boxesOf(hosts: readonly string[]): Box[] {
  const boxes = [...new Set(hosts)].map((host): Box => {
    const name = quoteHost(host)
    return { parts: name === host ? host.split(NUMBER) : [name], hosts: [name] }
  })
  const alike = groupBy(boxes, ({ parts }) =>
    parts
      .filter((_, at) => at % 2 === 0)
      .map(String)
      .join('\0'),
  )
  return [...alike.values()].flatMap((group) => (group.length === 1 ? group : foldAlike(group)))
}

/** Folds hosts whose names differ in numbers only, the number with the most values first. */
function foldAlike(boxes: readonly Box[]): Box[] {
  const numbers = (boxes[0]?.parts ?? []).flatMap((_, at) => (at % 2 === 1 ? [at] : []))
  const values = new Map(numbers.map((at) => [at, new Set(boxes.map(({ parts }) => parts[at])).size]))
  const differing = numbers.filter((at) => (values.get(at) ?? 0) > 1)
  const folded = differing.sort((a, b) => (values.get(b) ?? 0) - (values.get(a) ?? 0)).slice(0, MAX_RANGES)
  return folded.reduce(foldNumber, [...boxes])
}

/** Joins boxes that differ in one number only, and have the same padding there. */
function foldNumber(boxes: Box[], at: number): Box[] {
  const others = ({ parts }: Box) => parts.map((part, index) => (index === at ? '' : textOf(part))).join('\0')
  return [...groupBy(boxes, others).values()].flatMap((group) => joinBoxes(group, at))
}

function joinBoxes(group: readonly Box[], at: number): Box[] {
  const [first] = group
  if (first === undefined || group.length === 1) return [...group]
  const byNumber = new Map(group.map((box) => [textOf(box.parts[at] ?? ''), box]))
  return [...byPadding([...byNumber.keys()])].map(([width, numbers]) => {
    const sorted = numbers.map(Number).sort((a, b) => a - b)
    const runs = runsOf(sorted, width)
    return {
      parts: first.parts.map((part, index) => (index === at ? runs : part)),
      hosts: numbers.flatMap((number) => byNumber.get(number)?.hosts ?? []),
    }
  })
}

/**
 * Groups numbers by the width that zeros fill, 0 where none do. A number without zeros goes with padded ones of its
 * width, unless a shorter one stands beside it: `08` and `10`, but not `8` and `10`.
 */
function byPadding(numbers: readonly string[]): Map<number, string[]> {
  const byWidth = groupBy(numbers, (number) =>
    number.length > 1 && number.startsWith('0') ? number.length : 0,
  )
  let plain = byWidth.get(0) ?? []
  for (const width of [...byWidth.keys()].filter((each) => each > 0).sort((a, b) => a - b)) {
    if (plain.some(({ length }) => length < width)) break
    byWidth.get(width)?.push(...plain.filter(({ length }) => length === width))
    plain = plain.filter(({ length }) => length !== width)
  }
  if (plain.length === 0) byWidth.delete(0)
  else byWidth.set(0, plain)
  return byWidth
}

function runsOf(sorted: readonly number[], width: number): Run[] {
  const name = (number: number) => String(number).padStart(width, '0')
  const runs: Run[] = []
  for (let from = 0; from < sorted.length;) {
    const { count, step } = stepsFrom(sorted, from)
    const isRun = step === 1 || count >= MIN_STEPS
    const taken = isRun ? count : 1
    const [first, last] = [sorted[from] ?? 0, sorted[from + taken - 1] ?? 0]
    const end = taken === 1 ? '' : `-${name(last)}${step === 1 ? '' : `/${step}`}`
    runs.push({ text: `${name(first)}${end}`, count: taken })
    from += taken
  }
  return runs
}

/** Returns how many numbers follow each other by the same step, from a place on. */
function stepsFrom(sorted: readonly number[], from: number): { count: number; step: number } {
  const at = (index: number) => sorted[index] ?? Number.NaN
  const step = at(from + 1) - at(from)
  let last = from + 1
  while (at(last + 1) - at(last) === step) last += 1
  return last < sorted.length ? { count: last - from + 1, step } : { count: 1, step: 1 }
}
