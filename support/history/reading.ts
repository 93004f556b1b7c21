import { CHANGE_OUTCOMES } from './changes'
import { GATE_MEANS, GATE_OUTCOMES } from '../rollout/model/gate'
import { RUN_OUTCOMES, type HistoryEntry } from './history_record'

/** Parses a record, which a person may have written by hand. Undefined when the text is none. */
export function recordIn(text: string): HistoryEntry | undefined {
  const value = parseJson(text)
  return isRecord(value) ? value : undefined
}

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isTextOrNull: Check = (value) => value === null || isText(value)
const isTime: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value))
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.some((word) => word === value)
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const shape =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(checks).every(([name, check]) => check(value[name]))

const isChange = shape({
  host: isText,
  line: Number.isInteger,
  step: isText,
  request: isTextOrNull,
  resource: isText,
  what: isText,
  before: isTextOrNull,
  after: isTextOrNull,
  outcome: oneOf(...CHANGE_OUTCOMES),
  temporary: (value) => typeof value === 'boolean',
})

const isGate = shape({
  question: isText,
  outcome: oneOf(...GATE_OUTCOMES),
  by: isTextOrNull,
  means: (value) => value === null || oneOf(...GATE_MEANS)(value),
  at: isTime,
})

const isRunRecord = shape({
  run: isText,
  environment: isText,
  release: isText,
  mode: oneOf('live', 'noop'),
  feature: isText,
  sha256: isText,
  by: isText,
  tickets: listOf(isText),
  parameters: (value) => isObject(value) && Object.values(value).every(isText),
  began: isTime,
  ended: isTime,
  outcome: oneOf(...RUN_OUTCOMES),
  leftOut: (value) => value === undefined || listOf(isText)(value),
  hosts: listOf(isText),
  outside: (value) => value === undefined || listOf(isText)(value),
  gates: (value) => value === undefined || listOf(isGate)(value),
  managed: (value) => value === undefined || listOf(isText)(value),
  modules: (value) =>
    value === undefined || listOf(shape({ code: isText, modules: isText, hosts: listOf(isText) }))(value),
  out: listOf(isText),
  notDone: listOf(isText),
  restored: listOf(isText),
  changes: listOf(isChange),
  drift: listOf(shape({ host: isText, what: isText, since: isText })),
})

function isRecord(value: unknown): value is HistoryEntry {
  return isRunRecord(value)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
