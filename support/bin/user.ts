import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { Sessions } from '../console/sessions'
import type { AuditEvent } from '../console/audit'
import { isName, NAME } from '../people/names'
import { hashPassword, passwordFault } from '../people/password'
import { changePerson, type People } from '../people/people_file'
import { foldersIn } from '../run/folders'
import { systemClock } from '../system/clock'
import { formatLockstep } from '../system/commands'
import { LockstepError } from '../system/errors'
import { expectKnown, expectName, readPeopleOrNone, writeDown } from './changed_people'
import type { Call, Outcome } from './command'
import { placesOfConsole } from './places_of_console'
import { readPassword } from './read_password'
import { showAudit } from './user_audit'
import { isAboutTokens, tokens, type TokenOptions } from './user_tokens'

interface Options extends TokenOptions {
  group: readonly string[]
  since: string | undefined
  json: boolean
}

/** Changes who can log in to the console, or lists them. Each change is in the audit trail of the state folder. */
export async function user({ cwd, env, args: [what = '', name], options }: Call<Options>): Promise<Outcome> {
  const places = placesOfConsole(cwd, env)
  const { people: path, namedBy } = places
  const state = resolve(cwd, foldersIn(env).state)
  if (what === 'audit') {
    const { since, json, ...others } = options
    expectFitting(what, name, { ...others, since: undefined, json: false })
    const person = name === undefined ? undefined : expectName(name, what)
    return showAudit({ person, since, json, state, now: systemClock.now() })
  }
  if (options.since !== undefined || options.json)
    throw new LockstepError(
      'bad-input',
      `--${options.json ? 'json' : 'since'} goes with audit, and not with ${what}`,
    )
  if (isAboutTokens(what)) return tokens({ what, name, options, places, state })
  expectFitting(what, name, options)
  if (what === 'logout') return logOut(expectName(name, what), state)
  if (path === undefined)
    throw new LockstepError(
      'bad-config',
      `${namedBy} names the people of this console; add them where it knows them from`,
    )
  if (what === 'list') return list(readPeopleOrNone(path))
  const person = expectName(name, what)
  const odd = options.group.find((group) => !isName(group))
  if (odd !== undefined)
    throw new LockstepError('bad-input', `${JSON.stringify(odd)} can be no group; expected ${NAME}`)
  const groups = [...new Set(options.group)]
  const by = userInfo().username
  let event: AuditEvent
  if (what === 'add') {
    const fault = takenFault(readPeopleOrNone(path), person)
    if (fault !== undefined) throw new LockstepError('bad-input', fault)
    const password = await newPassword(person)
    await changePerson(path, person, (people) => {
      const taken = takenFault(people, person)
      if (taken !== undefined) throw new LockstepError('bad-input', taken)
      return { groups, password }
    })
    event = { type: 'person added', person, by }
  } else if (what === 'password') {
    expectKnown(readPeopleOrNone(path), person)
    const password = await newPassword(person)
    await changePerson(path, person, (people) => ({ ...expectKnown(people, person), password }))
    event = { type: 'password changed', person, by }
  } else if (what === 'groups') {
    await changePerson(path, person, (people) => ({ ...expectKnown(people, person), groups }))
    event = { type: 'groups changed', person, by, groups }
  } else {
    await changePerson(path, person, (people) => {
      expectKnown(people, person)
      return undefined
    })
    event = { type: 'person removed', person, by }
  }
  await writeDown(state, event)
  return { text: `${person}: ${SAID[event.type as keyof typeof SAID]}.\n`, exitCode: 0 }
}

const SAID = {
  'person added': 'added; lockstep serve knows it from now on',
  'password changed': 'the password is changed, and all sessions and tokens are over',
  'groups changed': 'the groups are changed, from the next request on',
  'person removed': 'removed, and all sessions and tokens are over',
}

/** Ends the sessions of a person, also of one whom a proxy or a provider names, and who is known nowhere here. */
async function logOut(person: string, state: string): Promise<Outcome> {
  const count = new Sessions(state, systemClock, { sessionMs: 0, idleMs: 0 }).endOf(person)
  if (count === 0) return { text: `${person} is not logged in.\n`, exitCode: 1 }
  await writeDown(state, { type: 'sessions ended', person, by: userInfo().username, count })
  return { text: `${person}: ${count} ${count === 1 ? 'session is' : 'sessions are'} over.\n`, exitCode: 0 }
}

async function newPassword(person: string): Promise<string> {
  const password = await readPassword(person, process.stdin, process.stderr)
  const fault = passwordFault(password)
  if (fault !== undefined) throw new LockstepError('bad-input', `the password ${fault}; nothing is changed`)
  return hashPassword(password)
}

function expectFitting(
  what: string,
  name: string | undefined,
  { group, since: _, json: _json, ...ofTokens }: Options,
): void {
  const odd = Object.entries(ofTokens).find(([, given]) => given !== undefined && given.length > 0)
  if (odd !== undefined)
    throw new LockstepError('bad-input', `--${odd[0]} goes with add-token, and not with ${what}`)
  if (group.length > 0 && what !== 'add' && what !== 'groups')
    throw new LockstepError('bad-input', `--group goes with add and groups, and not with ${what}`)
  if (name !== undefined && what === 'list')
    throw new LockstepError('bad-input', 'list takes no name; leave it out')
}

function takenFault(people: People, person: string): string | undefined {
  const like = [...people.keys()].find((each) => each.toLowerCase() === person.toLowerCase())
  if (like === undefined) return undefined
  return like === person
    ? `${person} is there already; say: ${formatLockstep(`user password ${person}`)} for another password`
    : `${person} would differ from ${like} in capital letters alone; expected another name`
}

function list(people: People): Outcome {
  const how = `no one can log in; say: ${formatLockstep('user add <name>')}\n`
  const rows = [...people.values()].map(({ name, groups }) => `${name}: ${groups.join(', ') || 'no group'}\n`)
  return { text: rows.join('') || how, exitCode: rows.length === 0 ? 1 : 0 }
}
