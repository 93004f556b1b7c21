import { userInfo } from 'node:os'
import type { ConsoleFiles } from '../config/console_setting'
import { isLike, nearest } from '../config/nearest'
import { isName, NAME } from '../people/names'
import { stampOf } from '../people/people_file'
import { ACTS, type Act } from '../people/person'
import { changeTokens, newToken, readTokens, tokensIn, type KnownToken } from '../people/tokens_file'
import { systemClock } from '../system/clock'
import { formatLockstep } from '../system/commands'
import { LockstepError } from '../system/errors'
import { expectKnown, expectName, readPeopleOrNone, writeDown } from './changed_people'
import type { Outcome } from './command'

const DAY_MS = 24 * 3_600_000
const MAX_DAYS = 366
const ANYWHERE = 'every environment'

/** The options of `lockstep user` that are for tokens. */
export interface TokenOptions {
  name: string | undefined
  may: readonly string[]
  in: readonly string[]
  days: string | undefined
}

interface Wish {
  what: string
  /** The person. */
  name: string | undefined
  options: TokenOptions & { group: readonly string[] }
  places: ConsoleFiles
  /** The folder of the state, as an absolute path. */
  state: string
}

export function isAboutTokens(what: string): boolean {
  return ['add-token', 'remove-token', 'tokens'].includes(what)
}

/** Makes a token of a person, removes one, or lists them. A change is in the audit trail of the state folder. */
export function tokens(wish: Wish): Promise<Outcome> | Outcome {
  if (wish.what === 'add-token') return add(wish)
  if (wish.what === 'remove-token') return remove(wish)
  return list(wish)
}

async function add({ what, name, options, places, state }: Wish): Promise<Outcome> {
  const person = expectName(name, what)
  const token = expectToken(options.name)
  const acts = expectActs(options.may)
  const environments = expectEnvironments(options.in, places.environments)
  const days = expectDays(options.days)
  const { people: path } = places
  const groups = expectGroups(options.group, path === undefined)
  const stamp = path === undefined ? null : stampOf(expectKnown(readPeopleOrNone(path), person))
  const madeAt = systemClock.now()
  const expiresAt = madeAt + days * DAY_MS
  const made = newToken()
  changeTokens(tokensIn(state), madeAt, (known) => {
    if (known.some((each) => isOf(each, person, token)))
      throw new LockstepError(
        'bad-input',
        `${person} has a token ${token} already; say: ${formatLockstep(`user remove-token ${person} --name ${token}`)}`,
      )
    const added = {
      person,
      name: token,
      hash: made.hash,
      acts,
      environments,
      groups,
      stamp,
      madeAt,
      expiresAt,
    }
    return [...known, added]
  })
  const by = userInfo().username
  const expires = new Date(expiresAt).toISOString()
  await writeDown(state, { type: 'token added', person, by, token, may: acts, in: environments, expires })
  const scope = scopeOf({ acts, environments, expiresAt })
  const complaint = `${person}: the token ${token} ${scope}, as far as the policy allows ${person}. It is shown this once:\n`
  return { text: `${made.token}\n`, complaint, exitCode: 0 }
}

async function remove({ what, name, options, state }: Wish): Promise<Outcome> {
  const person = expectName(name, what)
  const token = expectToken(options.name)
  expectNoScope(options, what)
  changeTokens(tokensIn(state), systemClock.now(), (known) => {
    const rest = known.filter((each) => !isOf(each, person, token))
    if (rest.length < known.length) return rest
    const own = known.filter((each) => each.person === person).map((each) => each.name)
    const there = own.length === 0 ? `${person} has none` : `${person} has ${own.join(', ')}`
    throw new LockstepError('bad-input', `there is no token ${token} of ${person}; ${there}`)
  })
  await writeDown(state, { type: 'token removed', person, by: userInfo().username, token })
  return { text: `${person}: the token ${token} is removed, from the next request on.\n`, exitCode: 0 }
}

function list({ what, name, options, places, state }: Wish): Outcome {
  expectNoScope(options, what)
  if (options.name !== undefined)
    throw new LockstepError('bad-input', '--name goes with add-token and remove-token, and not with tokens')
  const now = systemClock.now()
  const people = places.people === undefined ? undefined : readPeopleOrNone(places.people)
  const rows = readTokens(tokensIn(state))
    .filter(({ person }) => name === undefined || person === name)
    .map((token) => {
      const { person, stamp, expiresAt } = token
      const known = people?.get(person)
      const isOver = people === undefined ? stamp !== null : known === undefined || stampOf(known) !== stamp
      const over = now >= expiresAt ? '; its date is over' : isOver ? '; it is over with its person' : ''
      return `${person}: ${token.name} ${scopeOf(token)}${over}\n`
    })
  const how = `there is no token; say: ${formatLockstep('user add-token <name> --name <token> --may look --in <environment>')}\n`
  return { text: rows.join('') || how, exitCode: rows.length === 0 ? 1 : 0 }
}

function scopeOf({
  acts,
  environments,
  expiresAt,
}: Pick<KnownToken, 'acts' | 'environments' | 'expiresAt'>): string {
  const date = new Date(expiresAt).toISOString().slice(0, 16).replace('T', ' ')
  return `may ${acts.join(', ')} in ${environments?.join(', ') ?? ANYWHERE} until ${date} UTC`
}

function isOf(known: KnownToken, person: string, token: string): boolean {
  return known.person === person && known.name === token
}

function expectToken(token: string | undefined): string {
  if (token !== undefined && isName(token)) return token
  const why =
    token === undefined ? 'the token has no name' : `${JSON.stringify(token.slice(0, 80))} can be no name`
  throw new LockstepError('bad-input', `${why}; expected --name and ${NAME}`)
}

/** Returns the words of a list; `and` may stand for a comma, as in the policy. */
function wordsOf(given: readonly string[]): string[] {
  const words = given
    .flatMap((each) => each.split(/,|\sand\s/))
    .map((each) => each.trim().replace(/\s+/g, ' '))
  return [...new Set(words.filter((each) => each !== ''))]
}

function expectActs(given: readonly string[]): Act[] {
  const words = wordsOf(given)
  const odd = words.find((word) => !ACTS.some((act) => act === word))
  if (odd !== undefined)
    throw new LockstepError(
      'bad-input',
      `${JSON.stringify(odd.slice(0, 80))} is no act; expected --may with some of ${ACTS.join(', ')}`,
    )
  if (words.length > 0) return ACTS.filter((act) => words.includes(act))
  throw new LockstepError(
    'bad-input',
    `the token may do nothing; expected --may with some of ${ACTS.join(', ')}`,
  )
}

function expectEnvironments(given: readonly string[], known: readonly string[]): string[] | null {
  const words = wordsOf(given)
  if (words.length === 0)
    throw new LockstepError(
      'bad-input',
      `the token is for nowhere; expected --in with some of ${known.join(', ')}`,
    )
  if (words.includes(ANYWHERE)) return null
  const odd = words.find((word) => !known.includes(word))
  if (odd === undefined) return words
  const best = nearest(odd, known)
  const hint = isLike(odd, best) ? `; the closest one is ${best}` : `; expected some of ${known.join(', ')}`
  throw new LockstepError('bad-input', `there is no environment ${JSON.stringify(odd.slice(0, 80))}${hint}`)
}

function expectDays(given = '30'): number {
  const days = /^\d{1,3}$/.test(given) ? Number(given) : 0
  if (days >= 1 && days <= MAX_DAYS) return days
  throw new LockstepError(
    'bad-input',
    `${JSON.stringify(given.slice(0, 20))} is no number of days; expected --days from 1 to ${MAX_DAYS}`,
  )
}

function expectGroups(groups: readonly string[], isProxied: boolean): string[] | null {
  if (!isProxied && groups.length > 0)
    throw new LockstepError('bad-input', 'the file of people has the groups of a person; leave --group out')
  const odd = groups.find((group) => !isName(group))
  if (odd !== undefined)
    throw new LockstepError('bad-input', `${JSON.stringify(odd)} can be no group; expected ${NAME}`)
  return isProxied ? [...new Set(groups)] : null
}

function expectNoScope({ may, in: where, days, group }: Wish['options'], what: string): void {
  const given = { may, in: where, days, group }
  const odd = Object.entries(given).find(([, each]) => each !== undefined && each.length > 0)
  if (odd !== undefined)
    throw new LockstepError('bad-input', `--${odd[0]} goes with add-token, and not with ${what}`)
}
