import type { RolloutEvent } from './event'
import { namesOf, oneLine, summaryOf } from './words'

/** The placeholders that a template may name in angle brackets. */
const PLACEHOLDERS: Readonly<Record<string, (event: RolloutEvent) => string>> = {
  event: ({ event }) => event,
  environment: ({ environment }) => environment,
  release: ({ release }) => release ?? '',
  feature: ({ feature }) => feature,
  run: ({ run }) => run,
  hosts: ({ failed }) => namesOf(failed),
  summary: summaryOf,
  tickets: ({ tickets }) => tickets.join(', '),
}
const PLACEHOLDER = /<(\w+)>/g
const MAX_VALUE = 2_000

/** Fills in a template with the event's words, each of them escaped for where they go. */
export function fill(template: string, event: RolloutEvent, escape: (value: string) => string): string {
  return template.replaceAll(PLACEHOLDER, (_all, name: string) =>
    escape(oneLine(valueOf(name)?.(event) ?? '', MAX_VALUE)),
  )
}

/** Returns what was expected in place of a fault of a template; undefined when it has none. */
export function templateFault(template: string): string | undefined {
  const unknown = [...template.matchAll(PLACEHOLDER)].find(([, name = '']) => valueOf(name) === undefined)
  if (unknown === undefined) return undefined
  const known = Object.keys(PLACEHOLDERS).map((name) => `<${name}>`)
  return `a known placeholder in place of ${unknown[0]}: ${known.join(', ')}`
}

/**
 * Returns the fault of a template whose text must be JSON for any words, as what was expected. Undefined when it has
 * none.
 */
export function jsonTemplateFault(template: string): string | undefined {
  const fault = templateFault(template)
  if (fault !== undefined) return fault
  try {
    JSON.parse(template.replaceAll(PLACEHOLDER, 'x'))
    return undefined
  } catch {
    return 'JSON, with each placeholder within a quoted text'
  }
}

/** Escapes a text for the inside of a quoted JSON text. */
export function forJson(value: string): string {
  return JSON.stringify(value).slice(1, -1)
}

/** Escapes a text for Slack, which reads what is in angle brackets as links, people and channels, and calls them. */
export function forSlack(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

export function asIs(value: string): string {
  return value
}

function valueOf(name: string): ((event: RolloutEvent) => string) | undefined {
  return Object.hasOwn(PLACEHOLDERS, name) ? PLACEHOLDERS[name] : undefined
}
