import { parseGivenVariables, referencesIn } from '../../config/variables'
import { parseLimit } from '../../rollout/model/limit'
import type { StartWish } from '../../starts/starter'
import { LockstepError } from '../../system/errors'
import type { StartableFeature } from './feature_list'

/** The characters of a value, at most. */
const MAX_VALUE = 1_000
const RELEASE = /^[A-Za-z0-9][\w.+-]{0,99}$/
const TICKETS = /^[A-Z][A-Z0-9]{0,30}-[1-9]\d{0,11}(?:,[A-Z][A-Z0-9]{0,30}-[1-9]\d{0,11}){0,9}$/
/** What stands before the name of a variable in the name of its field. */
export const VALUE_OF = 'value.'
/** What stands before the name of the variable of a tag, where it was chosen among those that the form offers. */
export const OFFERED_OF = 'offered.'

/** The variables that an environment has itself, by whether each is a secret. */
export type OwnVariables = ReadonlyMap<string, 'plain' | 'secret'>

/**
 * Returns what a person wants from the fields of a form, or why it cannot be. Fields are hostile: each has a name that the
 * form has, and a value that the command line would take as one.
 */
export function parseWish(
  fields: Readonly<Record<string, string>>,
  feature: StartableFeature,
  environment: string,
  own: OwnVariables,
  takesTag: (tag: string) => boolean,
): Omit<StartWish, 'by'> | { why: string } {
  const names = new Set(feature.variables)
  const known = new Set(['feature', 'environment', 'release', 'ticket', 'limit'])
  const { tag } = feature
  if (tag !== undefined) known.add(`${OFFERED_OF}${tag.variable}`)
  for (const name of Object.keys(fields))
    if (!known.has(name) && !(name.startsWith(VALUE_OF) && names.has(name.slice(VALUE_OF.length))))
      return { why: `the form has a field that ${feature.path} has no variable for` }
  const variables: Record<string, string> = {}
  for (const name of feature.variables) {
    const typed = (fields[`${VALUE_OF}${name}`] ?? '').trim()
    const offered = tag?.variable === name ? (fields[`${OFFERED_OF}${name}`] ?? '').trim() : ''
    if (typed !== '' && offered !== '' && typed !== offered)
      return { why: `<${name}> was chosen and typed, and both differ; choose one, or type one` }
    const value = typed === '' ? offered : typed
    const kind = own.get(name)
    if (value === '' && kind === undefined)
      return { why: `<${name}> has no value, and ${environment} has none` }
    if (value === '') continue
    if (kind === 'secret')
      return { why: `<${name}> is a secret of ${environment}, which a page does not take; leave it empty` }
    const fault = faultOf(name, value)
    if (fault !== undefined) return { why: fault }
    if (tag?.variable === name && !takesTag(value))
      return {
        why: `<${name}> is no tag that hosts take; expected letters, digits and . + - _ /, such as v4.2.6`,
      }
    variables[name] = value
  }
  const release = (fields['release'] ?? '').trim() || null
  const ticket = (fields['ticket'] ?? '').trim() || null
  const limit = (fields['limit'] ?? '').trim() || null
  if (release !== null && !RELEASE.test(release)) return { why: 'the release has no name such as 2026.11.3' }
  if (ticket !== null && !TICKETS.test(ticket)) return { why: 'the ticket is none such as OPS-123,WEB-7' }
  const outside = limit === null ? undefined : faultOfLimit(limit)
  return outside === undefined
    ? { feature: feature.path, environment, variables, release, ticket, limit }
    : { why: outside }
}

/** Returns why a value is none that `--var` takes, or that it would not take as it stands. */
function faultOf(name: string, value: string): string | undefined {
  if (value.length > MAX_VALUE) return `the value of <${name}> has more than ${MAX_VALUE} characters`
  if (referencesIn(value).length > 0) return `the value of <${name}> names another variable`
  try {
    const parsed = parseGivenVariables(`${name}=${value.replaceAll(',', '\\,')}`, '--var')
    return parsed.size === 1 && parsed.get(name) === value
      ? undefined
      : `the value of <${name}> would not be taken as it stands`
  } catch (error) {
    if (error instanceof LockstepError) return `the value of <${name}> is not one line of text`
    throw error
  }
}

function faultOfLimit(limit: string): string | undefined {
  if (limit.length > MAX_VALUE || !/^[A-Za-z0-9]/.test(limit))
    return 'the limit is no list of hosts such as web[1-3],db7'
  try {
    return parseLimit(limit).hosts.size > 0 ? undefined : 'the limit names no host'
  } catch (error) {
    if (error instanceof LockstepError) return 'the limit is no list of hosts such as web[1-3],db7'
    throw error
  }
}
