import { isAbsolute, sep } from 'node:path'
import { inspect } from 'node:util'
import { clean } from './verdict'
import type { Redact } from '../../system/redaction'

const MAX_REASON = 1_000

/** Returns the reason in any thrown value: an error of this realm or of another, a text, nothing at all. */
export function reasonOf(thrown: unknown, redact: Redact): string {
  const message: unknown =
    typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : thrown
  const text = typeof message === 'string' ? message : message === undefined ? '' : inspect(message)
  return clean(redact(text), MAX_REASON) || 'it gave no reason'
}

/**
 * Returns where an error was thrown, as the path and line of the first line of its stack that is neither a library's nor
 * in the folder `own`; undefined where none is.
 */
export function placeOf(thrown: unknown, own: string): { path: string; line: string } | undefined {
  const stack = typeof thrown === 'object' && thrown !== null && 'stack' in thrown ? String(thrown.stack) : ''
  const places = [...stack.matchAll(/(?:file:\/\/)?(\/[^\s():]+):(\d+):\d+/g)]
  for (const [, path = '', line = ''] of places)
    if (isAbsolute(path) && !path.includes(`${sep}node_modules${sep}`) && !path.startsWith(own))
      return { path, line }
  return undefined
}
