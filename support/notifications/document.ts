import type { Message } from './channel'
import { fill, forJson } from './template'
import { summaryOf } from './words'

/** Formats a message for programs, as JSON: the whole event, or what the template makes of it. */
export function documentOf({ key, event }: Message, template: string | undefined): string {
  if (template !== undefined) return fill(template, event, forJson)
  return JSON.stringify({ key, ...event, summary: summaryOf(event) })
}
