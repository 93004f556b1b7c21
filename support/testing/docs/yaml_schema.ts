import { toJsonSchema, type JsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'
import { SOURCES } from '../../config/inventory_sources'
import { environmentSchema, fileSchema, ROADS } from '../../config/lockstep_yaml'
import { CHANNELS } from '../../config/notifications_schema'
import { ENVIRONMENT_KEYS, FILE_KEYS, type YamlKey } from '../../config/yaml_keys'

type Keys = Readonly<Record<string, YamlKey>>

/** The lists whose reader goes by what an entry resembles: to an editor they are lists of every kind. */
const LISTS = {
  notifications: v.optional(v.array(v.union(Object.values(CHANNELS)))),
  inventory: v.optional(v.pipe(v.array(v.union([v.string(), ...Object.values(SOURCES)])), v.minLength(1))),
}

/** Several roads, each of a kind that its reader tells by what it resembles. */
const SEVERAL = v.record(v.string(), v.union(ROADS))

/** Returns the JSON Schema of lockstep.yaml, by which editors complete and check it. It refuses nothing that a run takes. */
export function yamlSchema(): string {
  const { environments } = fileSchema.entries
  const file = v.strictObject({
    ...fileSchema.entries,
    environments: v.record(
      environments.key,
      v.union(
        environmentSchema.options.map(({ entries }): v.GenericSchema =>
          'roads' in entries
            ? v.strictObject({ ...entries, ...LISTS, roads: SEVERAL })
            : v.strictObject({ ...entries, ...LISTS }),
        ),
      ),
    ),
  })
  // A check in code has no form in JSON Schema, and is left out.
  const schema = toJsonSchema(file, { typeMode: 'input', errorMode: 'ignore' })
  const every = schema.properties?.['environments']
  describe(schema, FILE_KEYS, '')
  if (typeof every === 'object' && every.additionalProperties !== undefined)
    describe(every.additionalProperties, ENVIRONMENT_KEYS, '')
  return `${JSON.stringify({ title: 'lockstep.yaml', ...schema }, null, 2)}\n`
}

/** Gives each key of a schema its line of help. `path` is that of the schema itself, with a dot behind it. */
function describe(schema: JsonSchema | boolean, keys: Keys, path: string): void {
  if (typeof schema === 'boolean') return
  for (const [name, each] of Object.entries(schema.properties ?? {})) {
    const key = keys[`${path}${name}`]
    if (key === undefined || typeof each === 'boolean') continue
    each.description = `${key.help}: ${key.takes}`.replaceAll('`', '')
    // Each of several roads has the keys of one.
    describe(each, keys, name === 'roads' ? '' : `${path}${name}.`)
  }
  for (const each of [schema.items, schema.anyOf, schema.oneOf, schema.additionalProperties].flat())
    if (each !== undefined) describe(each, keys, path)
}
