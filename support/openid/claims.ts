import type { OpenIdSettings } from '../config/openid_setting'
import { isName } from '../people/names'
import type { Person } from '../people/person'
import type { LoginFault } from './login_fault'

/** What a provider says of a person, after its signature was looked at; each value is hostile. */
export type Claims = Readonly<Record<string, unknown>>

/** The most groups of a person. */
const MAX_GROUPS = 500

/** Returns whether an id token leaves out what the settings need, so that the provider is to be asked for more. */
export function isLackingClaims(token: Claims, settings: Pick<OpenIdSettings, 'name' | 'groups'>): boolean {
  const wanted = [settings.name, settings.groups, ...(settings.name === 'email' ? ['email_verified'] : [])]
  return wanted.some((claim) => claim !== undefined && !Object.hasOwn(token, claim))
}

/**
 * Returns the person whom a provider names, or why that is no one. `more` is what it says beside the id token; the token
 * goes before it.
 */
export function personIn(
  token: Claims,
  more: Claims,
  { name: nameClaim, groups: groupsClaim }: Pick<OpenIdSettings, 'name' | 'groups'>,
): Person | LoginFault {
  // Both have to be of one source: a confirmation is good for the address beside it alone.
  const source = nameClaim === 'email' && valueOf(token, 'email_verified') === undefined ? more : token
  const name = valueOf(source, nameClaim) ?? (nameClaim === 'email' ? undefined : valueOf(more, nameClaim))
  if (name === undefined)
    return refuse(
      `the provider does not say who this is: the claim ${nameClaim} is missing`,
      `no claim ${nameClaim}`,
    )
  if (nameClaim === 'email' && valueOf(source, 'email_verified') !== true)
    return refuse('the provider has not verified the email address of this account', 'email is not verified')
  if (typeof name !== 'string' || !isName(name))
    return refuse(
      'the provider names a person whose name has other signs than a policy',
      `the claim ${nameClaim} is no name for a policy`,
    )
  if (groupsClaim === undefined) return { name, groups: [] }
  const groups = listOf(valueOf(token, groupsClaim) ?? valueOf(more, groupsClaim))
  if (groups === undefined || !groups.every(isName))
    return refuse(
      'the provider names a group whose name has other signs than a policy',
      `the claim ${groupsClaim} has a group that is none for a policy`,
    )
  if (groups.length > MAX_GROUPS)
    return refuse(
      `the provider names more than ${MAX_GROUPS} groups`,
      `the claim ${groupsClaim} has more than ${MAX_GROUPS} groups`,
    )
  return { name, groups: [...new Set(groups)] }
}

function valueOf(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? (claims[name] ?? undefined) : undefined
}

/** Returns a list of texts; one text is a list of one, and nothing is none. */
function listOf(value: unknown): string[] | undefined {
  if (value === undefined) return []
  if (typeof value === 'string') return [value]
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined
}

function refuse(why: string, detail: string): LoginFault {
  return { status: 403, why, detail }
}
