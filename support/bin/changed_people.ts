import { existsSync } from 'node:fs'
import { isLike, nearest } from '../config/nearest'
import { AuditTrail, type AuditEvent } from '../console/audit'
import { isName, NAME } from '../people/names'
import { readPeople, type KnownPerson, type People } from '../people/people_file'
import { systemClock } from '../system/clock'
import { formatLockstep } from '../system/commands'
import { LockstepError } from '../system/errors'

/** @throws LockstepError `bad-input` where no person is named, or no one can have the name */
export function expectName(name: string | undefined, what: string): string {
  if (name !== undefined && isName(name)) return name
  if (name === undefined)
    throw new LockstepError('bad-input', `who? say: ${formatLockstep(`user ${what} <name>`)}`)
  throw new LockstepError(
    'bad-input',
    `${JSON.stringify(name.slice(0, 80))} can be no name; expected ${NAME}`,
  )
}

export function readPeopleOrNone(path: string): People {
  return existsSync(path) ? readPeople(path) : new Map<string, KnownPerson>()
}

/** @throws LockstepError `bad-input` where there is no such person, with the closest name */
export function expectKnown(people: People, person: string): KnownPerson {
  const known = people.get(person)
  if (known !== undefined) return known
  const best = nearest(person, [...people.keys()])
  const hint = isLike(person, best) ? `; the closest one is ${best}` : ''
  throw new LockstepError('bad-input', `there is no person with the name ${person}${hint}`)
}

/** Writes what was changed into the audit trail of a state folder. @throws LockstepError `journal-failed` */
export async function writeDown(state: string, event: AuditEvent): Promise<void> {
  const audit = new AuditTrail(state, systemClock)
  try {
    await audit.append(event)
  } finally {
    await audit.close()
  }
}
