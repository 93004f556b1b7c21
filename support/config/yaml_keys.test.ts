import { expect } from 'chai'
import { CHANNELS } from './notifications_schema'
import { SOURCES } from './inventory_sources'
import { environmentSchema, fileSchema } from './lockstep_yaml'
import { SETTINGS, type Setting } from './settings_table'
import { ENVIRONMENT_KEYS, FILE_KEYS } from './yaml_keys'

/** A schema of valibot, as far as its keys and defaults are found in it. */
interface Schema {
  type: string
  entries?: Readonly<Record<string, Schema>>
  wrapped?: Schema
  item?: Schema
  options?: readonly Schema[]
  value?: Schema
  default?: unknown
}

/** Returns the keys that a schema takes, by their path, each with the default that it has in the schema. */
function keysIn(schema: Schema, path = ''): [path: string, fallback: unknown][] {
  const own = Object.entries(schema.entries ?? {}).flatMap(([name, value]) => [
    [`${path}${name}`, value.type === 'optional' ? value.default : undefined] as [string, unknown],
    ...keysIn(value, `${path}${name}.`),
  ])
  const named = schema.value?.type === 'strict_object' ? schema.value : undefined
  const inner = [schema.wrapped, schema.item, named, ...(schema.options ?? [])]
  return [...own, ...inner.flatMap((each) => (each === undefined ? [] : keysIn(each, path)))]
}

const schema = (value: object) => value as unknown as Schema
/** The kinds that a value is read as, by what it resembles; a schema alone does not say which these are. */
const kinds = (key: string, all: Readonly<Record<string, object>>) =>
  Object.values(all).flatMap((kind) => keysIn(schema(kind), `${key}.`))

const names = (keys: readonly [string, unknown][]) => [...new Set(keys.map(([key]) => key))]

describe('the keys of lockstep.yaml', () => {
  const read = {
    file: keysIn(schema(fileSchema)),
    environment: [
      ...keysIn(schema(environmentSchema)),
      ...kinds('notifications', CHANNELS),
      ...kinds('inventory', SOURCES),
    ],
  }

  it('are those of the table, and no others are read', () => {
    expect(names(read.file)).to.have.members(Object.keys(FILE_KEYS))
    expect(names(read.environment)).to.have.members(Object.keys(ENVIRONMENT_KEYS))
  })

  it('have the defaults that the table says', () => {
    const plain = read.environment.filter(([, fallback]) =>
      ['string', 'number', 'boolean'].includes(typeof fallback),
    )
    expect(plain.map(([key]) => key)).to.include.members([
      'ttl',
      'collective',
      'brokers.port',
      'inventory.within',
    ])
    for (const [key, fallback] of plain)
      expect(ENVIRONMENT_KEYS[key]?.default, key).to.equal(String(fallback))
  })

  it('that say what a setting says are there', () => {
    const named = Object.values<Setting>(SETTINGS).flatMap(({ key }) => key ?? [])
    for (const key of named) expect({ ...FILE_KEYS, ...ENVIRONMENT_KEYS }, key).to.have.property(key)
  })
})
