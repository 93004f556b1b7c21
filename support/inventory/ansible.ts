import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { AnsibleGroups, type Group } from './ansible_groups'
import { factText } from './fact_text'
import { isClass, isFact, withRole, type Host } from './host'
import { excerpt, redactNothing, type Redact } from '../system/redaction'

const names = v.array(v.string('a name'), 'a list of names')
const variables = v.record(v.string(), v.unknown(), 'variables by name')
const listed = v.pipe(
  names,
  v.transform((hosts): Group => ({ hosts, children: [], vars: {} })),
)
const described = v.looseObject(
  {
    hosts: v.optional(names, []),
    children: v.optional(names, []),
    vars: v.optional(variables, {}),
  },
  'a list of hosts, or a group with hosts, children and vars',
)
const hostvars = 'hostvars: the variables of each host'
const meta = v.looseObject({ hostvars: v.record(v.string(), variables, hostvars) }, hostvars)

/**
 * Reads the hosts of what a dynamic inventory prints. Groups are classes, and variables are facts: a host's own before
 * its groups', an inner group's before an outer one's. Variables that say how Ansible connects are left out, passwords
 * among them.
 * @throws LockstepError `bad-config`
 */
export function ansibleHosts(program: string, printed: string, redact: Redact = redactNothing): Host[] {
  const fault = (what: string) =>
    new LockstepError('bad-config', `the inventory program ${program} printed ${redact(what)}`)
  const all = entriesOf(printed, fault, redact)
  const own = new Map(Object.entries(check(meta, all.get('_meta'), '_meta', fault).hostvars))
  all.delete('_meta')
  const groups = new AnsibleGroups(
    new Map(
      [...all].map(([name, said]) => [
        name,
        check(Array.isArray(said) ? listed : described, said, name, fault),
      ]),
    ),
    fault,
  )
  if (groups.hosts.length === 0) throw fault('no host; a host belongs to a group')
  return groups.hosts.map((name) => {
    const classes = groups.namesOf(name)
    const { environment, role, ...facts } = factsOf(
      { ...groups.variablesOf(name), ...own.get(name) },
      (fact) =>
        fault(`the variable ${JSON.stringify(excerpt(fact, 80))} of ${name}, which is no name for a fact`),
    )
    const wrong = [...classes, ...(role === undefined ? [] : [role])].find((each) => !isClass(each))
    if (wrong !== undefined)
      throw fault(`the group ${JSON.stringify(excerpt(wrong, 80))} of ${name}, which is no name for a class`)
    return { name, environment, ...withRole(role, classes, facts), from: program }
  })
}

function entriesOf(
  printed: string,
  fault: (what: string) => LockstepError,
  redact: Redact,
): Map<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(printed)
  } catch {
    const shown =
      printed === ''
        ? 'nothing'
        : `what is no JSON, beginning with ${JSON.stringify(excerpt(redact(printed), 80))}`
    throw fault(`${shown}; expected Ansible's dynamic inventory`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fault("JSON that is no object; expected Ansible's dynamic inventory")
  const entries = new Map(Object.entries(value))
  if (!entries.has('_meta'))
    throw fault('no _meta with the hostvars of all hosts; hosts are not asked for one by one, with --host')
  return entries
}

function check<S extends v.GenericSchema>(
  schema: S,
  said: unknown,
  name: string,
  fault: (what: string) => LockstepError,
): v.InferOutput<S> {
  const result = v.safeParse(schema, said, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const keys = [name, ...(issue.path ?? []).map(({ key }) => String(key))].map((key) => excerpt(key, 80))
  throw fault(`${keys.join('.')} as ${excerpt(issue.received, 80)}; expected ${issue.message}`)
}

function factsOf(
  said: Readonly<Record<string, unknown>>,
  wrong: (name: string) => LockstepError,
): { environment?: string; role?: string; [fact: string]: string } {
  const own = Object.entries(said).filter(([name]) => !name.startsWith('ansible_'))
  const bad = own.find(([name]) => !isFact(name))
  if (bad !== undefined) throw wrong(bad[0])
  return Object.fromEntries(own.flatMap(([name, value]) => factText(name, value)))
}
