import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { readConfigFile } from '../config/files'
import { isLike, nearest } from '../config/nearest'
import type { ConsoleFiles } from '../config/console_setting'
import { readPeople, type People } from '../people/people_file'
import { ACTS, type Act, type Person, type Policy } from '../people/person'
import { parseCases, policyOf, type PolicyCase, type Right } from '../people/policy'
import { readRights } from '../people/policy_file'
import { LockstepError } from '../system/errors'
import type { Call, Outcome } from './command'
import { placesOfConsole } from './places_of_console'

interface Options {
  person: string | undefined
  act: string | undefined
  environment: string | undefined
  cases: string | undefined
}

/** Checks the policy of the console: says what each person may do, answers one question, or expects cases to be so. */
export async function policy({ cwd, env, options }: Call<Options>): Promise<Outcome> {
  const { people: path, policy: file, environments, namedBy } = placesOfConsole(cwd, env)
  const people: People = path !== undefined && existsSync(path) ? readPeople(path) : new Map()
  const rights = readRights(file, environments)
  const complaint = warningsOf(rights, people, file, path !== undefined)
  const known = { people, policy: policyOf(rights), environments, isProxied: path === undefined }
  const asked = [options.person, options.act, options.environment].filter((each) => each !== undefined)
  if (asked.length > 0 && options.cases !== undefined)
    throw new LockstepError(
      'bad-input',
      '--cases has its questions in the file; leave --person, --act and --environment out',
    )
  const outcome =
    options.cases !== undefined
      ? judgeCases(resolve(cwd, options.cases), known)
      : asked.length > 0
        ? answer(options, known)
        : tellAll(known)
  const said = path === undefined ? `${elsewhere(namedBy)}${complaint}` : complaint
  return said === '' ? outcome : { ...outcome, complaint: said }
}

function elsewhere(namedBy: ConsoleFiles['namedBy']): string {
  return `warning: ${namedBy} knows the groups of people, and this command does not; a person whom it names is taken for one of no group\n`
}

interface KnownPolicy {
  people: People
  policy: Policy
  environments: readonly string[]
  isProxied: boolean
}

function tellAll({ people, policy: rules, environments }: KnownPolicy): Outcome {
  const text = [...people.values()].map((person) => {
    const rows = environments.map((each) => {
      const acts = ACTS.filter((act) => rules.allows(person, act, each))
      return `  in ${each}: ${acts.join(', ') || 'nothing'}\n`
    })
    return `${person.name} (${person.groups.join(', ') || 'no group'}) may\n${rows.join('')}`
  })
  return { text: text.join('') || 'The policy is right. No file of people says who there is.\n', exitCode: 0 }
}

function answer({ person: name, act, environment }: Options, known: KnownPolicy): Outcome {
  if (name === undefined || act === undefined || environment === undefined)
    throw new LockstepError(
      'bad-input',
      'a question has three parts; expected --person, --act and --environment',
    )
  if (!known.environments.includes(environment))
    throw new LockstepError(
      'bad-input',
      `there is no environment ${JSON.stringify(environment)}; there are: ${known.environments.join(', ') || 'none'}`,
    )
  const isAllowed = known.policy.allows(expectPerson(name, known), act as Act, environment)
  const text = `${name} may ${isAllowed ? '' : 'not '}${act} in ${environment}.\n`
  return { text, exitCode: isAllowed ? 0 : 1 }
}

function judgeCases(path: string, known: KnownPolicy): Outcome {
  const cases = parseCases(path, readConfigFile(path, 'file of cases', '--cases'), known.environments)
  const wrong = cases.flatMap((each) =>
    faultsOf(each, known).map((fault) => `${path}:${each.line}: ${fault}\n`),
  )
  const count = `${cases.length} ${cases.length === 1 ? 'case' : 'cases'}`
  if (cases.length === 0)
    throw new LockstepError(
      'bad-config',
      `${path} has no case; expected sentences such as: anna may look in test`,
    )
  return wrong.length === 0
    ? { text: `${count}, and each is so.\n`, exitCode: 0 }
    : { text: `${wrong.join('')}${count}; ${wrong.length} answers are not so.\n`, exitCode: 1 }
}

function faultsOf({ who, acts, environments, isAllowed }: PolicyCase, known: KnownPolicy): string[] {
  return peopleOf(who, known).flatMap((person) =>
    (environments ?? known.environments).flatMap((environment) =>
      acts
        .filter((act) => known.policy.allows(person, act, environment) !== isAllowed)
        .map((act) => `${person.name} may ${isAllowed ? 'not ' : ''}${act} in ${environment}`),
    ),
  )
}

/** Returns those whom a case is about: also somebody who is in the group, or in none, and whom no sentence names. */
function peopleOf(who: PolicyCase['who'], known: KnownPolicy): Person[] {
  if (who.kind === 'person') return [expectPerson(who.name, known)]
  const all = [...known.people.values()]
  if (who.kind === 'everybody') return [{ name: 'somebody without a group', groups: [] }, ...all]
  const members = all.filter(({ groups }) => groups.includes(who.name))
  return [{ name: `somebody of group ${who.name} alone`, groups: [who.name] }, ...members]
}

/** Returns a person of the file. A proxy has its own, of whom nothing but the name is known here. */
function expectPerson(name: string, { people, isProxied }: KnownPolicy): Person {
  const person = people.get(name)
  if (person !== undefined) return person
  if (isProxied) return { name, groups: [] }
  throw new LockstepError(
    'bad-input',
    `there is no person with the name ${JSON.stringify(name)}${closest(name, [...people.keys()])}`,
  )
}

function warningsOf(rights: readonly Right[], people: People, file: string, isKnown: boolean): string {
  if (!isKnown || people.size === 0) return ''
  const groups = [...new Set([...people.values()].flatMap((person) => person.groups))]
  return rights
    .flatMap(({ who, line }) => {
      if (who.kind === 'everybody') return []
      const all = who.kind === 'group' ? groups : [...people.keys()]
      if (all.includes(who.name)) return []
      const what =
        who.kind === 'group' ? `no one is in a group ${who.name}` : `no one has the name ${who.name}`
      return [`warning: ${file}:${line}: ${what}${closest(who.name, all)}\n`]
    })
    .join('')
}

function closest(name: string, known: readonly string[]): string {
  const best = nearest(name, known)
  return best !== '' && isLike(name, best) ? `; the closest one is ${best}` : ''
}
