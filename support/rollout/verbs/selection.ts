import { hosts as counted } from '../model/verdict'
import type { Selection } from '../ports'

export const NOBODY_YET: Selection = { classes: [], facts: [], identities: [], listed: undefined }

export function isEmpty({ classes, facts, identities, listed, environment }: Selection): boolean {
  const isFiltered = classes.length + facts.length + identities.length > 0
  return !isFiltered && listed === undefined && environment === undefined
}

/** Returns a key that is equal for selections of the same hosts, in any order. */
export function keyOf({ classes, facts, identities, listed, environment }: Selection): string {
  const filters = facts.map(({ fact, operator, value }) => JSON.stringify([fact, operator, value]))
  const parts = [classes, filters, identities, listed ?? [], environment === undefined ? [] : [environment]]
  return JSON.stringify(parts.map((part) => [...new Set(part)].sort()))
}

/** Formats a selection, as in `of environment test with class roles::web and fact country=de`. */
export function describeSelection({ classes, facts, identities, listed, environment }: Selection): string {
  const parts = [
    ...classes.map((name) => `class ${name}`),
    ...facts.map(({ fact, operator, value }) => `fact ${fact}${operator === '==' ? '=' : operator}${value}`),
    ...(identities.length > 0 ? [`identity ${identities.join(' or ')}`] : []),
    ...(listed === undefined ? [] : [`among the ${counted(listed.length)} listed`]),
  ]
  return [
    ...(environment === undefined ? [] : [`of environment ${environment}`]),
    ...(parts.length === 0 ? [] : [`with ${parts.join(' and ')}`]),
  ].join(' ')
}
