import * as v from 'valibot'
import { headBehind, type LogEntry, type LogHead } from './log'

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

const logEntry = v.object({
  sequence: count,
  chain: v.string(),
  environment: v.string(),
  origin: v.string(),
  run: v.string(),
  revision: count,
  record: v.string(),
  feature: v.nullable(v.string()),
  journal: v.nullable(v.object({ length: count, sha256: v.string() })),
})

/** Parses the text of an entry in a file. Undefined when it is none. */
export function logEntryIn(text: string): LogEntry | undefined {
  const checked = v.safeParse(logEntry, parseJson(text))
  if (!checked.success) return undefined
  const { feature, ...entry } = checked.output
  return { ...entry, feature: feature === null ? null : Buffer.from(feature, 'base64') }
}

/** Returns whether an entry is what was appended right behind another one, unaltered. */
export function isUnaltered(entry: LogEntry, before: LogHead): boolean {
  const { sequence, chain } = headBehind(entry, before)
  return entry.sequence === sequence && entry.chain === chain
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
