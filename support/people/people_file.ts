import { createHash } from 'node:crypto'
import { chownSync, existsSync, statSync } from 'node:fs'
import * as v from 'valibot'
import { isMap, parseDocument } from 'yaml'
import { readConfigFile } from '../config/files'
import { allowKnownKeys } from '../config/known_keys'
import { placesIn, readYaml } from '../config/yaml_file'
import { LockstepError } from '../system/errors'
import { writeWhole } from '../system/whole_file'
import { identityOf } from './file_identity'
import { isName, NAME } from './names'
import { parseHash } from './password'
import type { Person } from './person'

/** A person of the file, with the hash of their password. */
export interface KnownPerson extends Person {
  password: string
}

/** People by their names. */
export type People = ReadonlyMap<string, KnownPerson>

const HASH = 'a hash that lockstep user has written'
const name = v.pipe(v.string(NAME), v.check(isName, NAME))
const schema = allowKnownKeys({
  people: v.optional(
    v.record(
      name,
      allowKnownKeys({
        groups: v.optional(v.array(name, `a list: each ${NAME}`), []),
        password: v.pipe(
          v.string(HASH),
          v.check((text) => parseHash(text) !== undefined, HASH),
        ),
      }),
      'names of people, each with groups and password',
    ),
    {},
  ),
})

/**
 * Reads the people of a file that its owner alone may read and write.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readPeople(path: string): People {
  expectOwn(path)
  const text = readConfigFile(path, 'file of people', 'console.people')
  // A value that is no hash may be a password: no sentence may show it.
  const { people } = readWithoutValues(path, text)
  return new Map(
    Object.entries(people).map(([each, { groups, password }]) => [each, { name: each, groups, password }]),
  )
}

/** Returns whether a text is that of a file of people, and of nothing else. */
export function isFileOfPeople(path: string, text: string): boolean {
  try {
    const { people } = readYaml(path, text, v.looseObject({ people: v.optional(v.unknown()) }))
    if (people === undefined) return false
    readWithoutValues(path, text)
    return true
  } catch {
    return false
  }
}

function readWithoutValues(path: string, text: string): v.InferOutput<typeof schema> {
  const shape = v.looseObject({ people: v.optional(v.record(v.string(), v.looseObject({})), {}) })
  const { people } = readYaml(path, text, shape)
  const places = placesIn(path, text)
  for (const [each, { password }] of Object.entries(people))
    if (typeof password !== 'string' || parseHash(password) === undefined)
      throw new LockstepError(
        'bad-config',
        `${places.where(['people', each, 'password'])}: the password of ${JSON.stringify(each.slice(0, 64))} is not ${HASH}; say: lockstep user password`,
      )
  return readYaml(path, text, schema)
}

/** @throws LockstepError `bad-config` where others than the owner may read or write the file */
function expectOwn(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined || !stats.isFile() || (stats.mode & 0o077) === 0) return
  throw new LockstepError(
    'bad-config',
    `${path}: others than its owner may read or write it, and it says who can log in; say: chmod 600 ${path}`,
  )
}

/** A text that changes with the password: a session of the one before is over. */
export function stampOf({ password }: KnownPerson): string {
  return createHash('sha256').update(password).digest('base64url')
}

/** A change of the file: a person with all that is known of them, or undefined for one who goes. */
export type PersonChange = { groups: readonly string[]; password: string } | undefined

/**
 * Writes the file with one person changed, and leaves the rest of its text as it is.
 * @throws LockstepError `bad-config` where it cannot be written, or somebody else has changed it meanwhile
 */
export async function changePerson(
  path: string,
  person: string,
  change: (people: People) => PersonChange | Promise<PersonChange>,
): Promise<void> {
  const before = identityOf(path)
  const people = before === undefined ? new Map<string, KnownPerson>() : readPeople(path)
  const changed = await change(people)
  const document = parseDocument(
    before === undefined ? BEGINNING : readConfigFile(path, 'file of people', path),
  )
  if (changed === undefined) document.deleteIn(['people', person])
  else {
    const all = document.get('people', true)
    if (!isMap(all)) document.set('people', document.createNode({}))
    else if (all.items.length === 0) all.flow = false
    document.setIn(['people', person], { groups: [...changed.groups], password: changed.password })
  }
  if (identityOf(path) !== before)
    throw new LockstepError('bad-config', `${path} was changed by somebody else meanwhile; say it again`)
  const owner = existsSync(path) ? statSync(path) : undefined
  try {
    writeWhole(path, document.toString({ lineWidth: 0 }), 0o600)
    // root writes for the user whom serve runs as.
    if (owner !== undefined && process.geteuid?.() === 0) chownSync(path, owner.uid, owner.gid)
  } catch (error) {
    throw new LockstepError('bad-config', `${path} cannot be written: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

const BEGINNING = `# Who can log in to the console. lockstep user writes it; passwords are scrypt hashes.
people:
`
