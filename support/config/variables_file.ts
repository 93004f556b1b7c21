import * as v from 'valibot'
import { chosenOf } from './choice'
import { isEncrypted } from './eyaml'
import { readConfigFile } from './files'
import type { ProcessContext } from './mcollective_cfg'
import { eyaml, PLACES, SECRET_PLACES, SecretReader } from './secrets'
import { isVariableName, Variables, type Definition } from './variables'
import { placesIn, readYaml, type YamlPlaces } from './yaml_file'

const name = v.pipe(
  v.string(),
  v.check(isVariableName, 'a name such as release: a small letter, then letters, digits, _ and -'),
)
const EXPECTED = `one line of text, a number, true or false; or where a secret is: ${PLACES}`
const text = v.pipe(
  v.string(),
  v.check((written) => isEncrypted(written) || /^\P{Cc}{1,4096}$/u.test(written), EXPECTED),
)
const value = v.union([text, v.number(), v.boolean(), ...SECRET_PLACES], EXPECTED)

/** The schema of an environment's `variables:`. */
export const variables = v.record(name, value)

const file = v.looseObject({
  default: v.optional(v.string()),
  eyaml: v.optional(eyaml),
  environments: v.record(v.string(), v.looseObject({ variables: v.optional(variables, {}) })),
})

/**
 * Reads the variables of one environment of a `lockstep.yaml`, but none of its secrets and other settings.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readVariables(
  configPath: string,
  wanted: string | undefined,
  context: ProcessContext,
): Variables {
  const read = reading(configPath, context)
  const where = () => read.where(wanted === undefined ? ['default'] : ['environments'])
  return read.of(chosenOf(where, read.names, wanted ?? read.preferred))
}

/**
 * Reads the variables of each environment, those of the default one first.
 * @throws LockstepError `bad-config`, also where the default is none of the environments
 */
export function readAllVariables(configPath: string, context: ProcessContext): Variables[] {
  const { names, preferred, of, where } = reading(configPath, context)
  if (preferred !== undefined) chosenOf(() => where(['default']), names, preferred)
  return [...names.filter((each) => each === preferred), ...names.filter((each) => each !== preferred)].map(
    of,
  )
}

function reading(configPath: string, { env }: ProcessContext) {
  const source = readConfigFile(configPath, 'configuration', 'Lockstep')
  const { default: preferred, eyaml: keys, environments } = readYaml(configPath, source, file)
  const places = placesIn(configPath, source)
  return {
    preferred,
    where: (keys: readonly string[]) => places.where(keys),
    names: Object.keys(environments),
    of(chosen: string): Variables {
      const secrets = new SecretReader(places, keys, env)
      const definitions = Object.entries(environments[chosen]?.variables ?? {}).map(
        ([each, setting]) => [each, definitionOf(chosen, each, setting, places, secrets)] as const,
      )
      return new Variables(`the environment ${chosen}`, new Map(definitions), secrets.warnings)
    },
  }
}

function definitionOf(
  chosen: string,
  each: string,
  setting: v.InferOutput<typeof value>,
  places: YamlPlaces,
  secrets: SecretReader,
): Definition {
  const keys = ['environments', chosen, 'variables', each]
  const where = places.where(keys)
  if (typeof setting === 'number' || typeof setting === 'boolean')
    return { where, value: places.written(keys) ?? String(setting) }
  if (typeof setting === 'string' && !isEncrypted(setting)) return { where, value: setting }
  return { where, value: () => secrets.read(setting, `variable ${each}`, keys) }
}
