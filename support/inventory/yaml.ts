import * as v from 'valibot'
import { readConfigFile } from '../config/files'
import { allowKnownKeys } from '../config/known_keys'
import { readYamlLines } from '../config/yaml_file'
import { LockstepError } from '../system/errors'
import { factText } from './fact_text'
import { isClass, isFact, withRole, type Host } from './host'

const className = v.pipe(v.string('a class'), v.check(isClass, 'a class such as roles::web'))
const factName = v.pipe(v.string(), v.check(isFact, 'a name for a fact: letters, digits, _ . : -'))
const host = allowKnownKeys({
  environment: v.optional(v.pipe(v.string('an environment'), v.regex(/./, 'an environment'))),
  role: v.optional(className),
  classes: v.optional(v.array(className, 'a list of classes'), []),
  facts: v.optional(byName(v.unknown(), 'facts by name', factName), {}),
})
const schema = v.strictObject({ hosts: byName(v.nullable(host), 'hosts by name') }, 'hosts by name')

/** Returns a schema of items by name. A list would pass for a mapping with the names 0, 1 and so on, and is refused. */
function byName<S extends v.GenericSchema>(
  item: S,
  what: string,
  name: typeof factName | v.StringSchema<undefined> = v.string(),
) {
  return v.pipe(
    v.custom<Record<string, unknown>>((said) => !Array.isArray(said), what),
    v.record(name, item, what),
  )
}

/** Reads the hosts of a YAML file. @throws LockstepError `bad-config` naming file and line */
export function readYamlHosts(path: string, add: (host: Host) => void): void {
  const { value, linesOf } = readYamlLines(path, readConfigFile(path, 'inventory', 'inventory'), schema)
  const hosts = new Map(Object.entries(value.hosts))
  const lines = linesOf('hosts')
  for (const name of new Set([...lines.keys(), ...hosts.keys()])) {
    const from = `${path}:${lines.get(name) ?? 1}`
    const said = hosts.get(name)
    // Checks of objects leave out names such as `constructor`.
    if (said === undefined)
      throw new LockstepError('bad-config', `${from}: a host cannot have the name ${name}`)
    const { environment, role, classes = [], facts = {} } = said ?? {}
    const texts = Object.entries(facts).flatMap(([fact, known]) => factText(fact, known))
    if (role !== undefined && Object.hasOwn(facts, 'role'))
      throw new LockstepError('bad-config', `${from}: the role of ${name} is there twice, once as a fact`)
    add({ name, environment, ...withRole(role, classes, Object.fromEntries(texts)), from })
  }
  if (hosts.size === 0) throw new LockstepError('bad-config', `${path} lists no host`)
}
