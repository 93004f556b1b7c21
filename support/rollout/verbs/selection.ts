import { hosts as counted } from '../model/verdict'
import type { Selection } from '../ports'

export const NOBODY_YET: Selection = { classes: [], facts: [], identities: [], listed: undefined }

export function isEmpty({ classes, facts, identities, listed }: Selection): boolean {
  return classes.length + facts.length + identities.length === 0 && listed === undefined
}

/** Returns a key that is equal for selections of the same hosts, in any order. */
export function keyOf({ classes, facts, identities, listed }: Selection): string {
  const filters = facts.map(({ fact, operator, value }) => JSON.stringify([fact, operator, value]))
  const parts = [classes, filters, identities, listed ?? []]
  return JSON.stringify(parts.map((part) => [...new Set(part)].sort()))
}

/** Formats a selection, as in `with class roles::web and fact country=de`. */
export function describeSelection({ classes, facts, identities, listed }: Selection): string {
  const parts = [
    ...classes.map((name) => `class ${name}`),
    ...facts.map(({ fact, operator, value }) => `fact ${fact}${operator === '==' ? '=' : operator}${value}`),
    ...(identities.length > 0 ? [`identity ${identities.join(' or ')}`] : []),
    ...(listed === undefined ? [] : [`among the ${counted(listed.length)} listed`]),
  ]
  return `with ${parts.join(' and ')}`
}
