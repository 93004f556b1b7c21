import type { RolloutEvent } from './event'
import { namesOf, oneLine, summaryOf } from './words'

/** What a template may name in angle brackets. */
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

/** A template with the event's words in it, each of them escaped for where they go. */
export function fill(template: string, event: RolloutEvent, escape: (value: string) => string): string {
  return template.replaceAll(PLACEHOLDER, (_all, name: string) =>
    escape(oneLine(valueOf(name)?.(event) ?? '', MAX_VALUE)),
  )
}

/** What is wrong with a template, as what was expected; undefined when nothing is. */
export function templateFault(template: string): string | undefined {
  const unknown = [...template.matchAll(PLACEHOLDER)].find(([, name = '']) => valueOf(name) === undefined)
  if (unknown === undefined) return undefined
  const known = Object.keys(PLACEHOLDERS).map((name) => `<${name}>`)
  return `a known placeholder in place of ${unknown[0]}: ${known.join(', ')}`
}

/** The same for a template whose text has to be JSON whatever the words are. */
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

/** Fit to stand within the quotes of a JSON text. */
export function forJson(value: string): string {
  return JSON.stringify(value).slice(1, -1)
}

/** Slack reads what is in angle brackets as links, people and channels, and calls them. */
export function forSlack(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

export function asIs(value: string): string {
  return value
}

function valueOf(name: string): ((event: RolloutEvent) => string) | undefined {
  return Object.hasOwn(PLACEHOLDERS, name) ? PLACEHOLDERS[name] : undefined
}
