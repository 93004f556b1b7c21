import { extname } from 'node:path'
import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { duration } from './duration_setting'
import { kindMeant, knownKeys } from './known_keys'

/** Where it is written who should be there. Paths are absolute. */
export type InventorySource =
  | { kind: 'csv'; path: string; delimiter: Delimiter }
  | { kind: 'yaml'; path: string }
  /** Prints Ansible's dynamic inventory; `within` in milliseconds, `withheld` names variables with secrets in them. */
  | { kind: 'program'; path: string; within: number; withheld: readonly string[] }
  /** Who answers: asked by each roll call, and read nowhere. */
  | { kind: 'discovery' }

export const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t' } as const
export type Delimiter = keyof typeof DELIMITERS

const KINDS = 'a .csv, .tsv, .yaml or .yml file, {program: path}, or discovery'

const path = v.pipe(v.string('a path'), v.minLength(1, 'a path'))
const named = v.pipe(
  v.string(`a source of the inventory: ${KINDS}`),
  v.check((written) => byExtension(written) !== undefined, KINDS),
)
const csv = knownKeys({
  csv: path,
  delimiter: v.optional(v.picklist(['comma', 'semicolon', 'tab'], 'comma, semicolon or tab'), 'comma'),
})
const yaml = knownKeys({ yaml: path })
const program = knownKeys({ program: path, within: v.optional(duration, '30 seconds') })
/** The one that was evidently meant, so that its own faults are named. */
const KEYS = { csv, yaml, program }
const source = v.lazy((written) => kindMeant<(typeof KEYS)[keyof typeof KEYS]>(written, KEYS) ?? named)

/** The `inventory` of an environment. */
export const inventorySetting = v.pipe(v.array(source, 'a list of sources'), v.minLength(1, 'at least one'))

/** `at` makes paths absolute. */
export function inventorySources(
  setting: v.InferOutput<typeof inventorySetting>,
  at: (relative: string) => string,
  withheld: readonly string[],
): InventorySource[] {
  return setting.map((written) => {
    if (typeof written === 'string') return sourceNamed(written, 'inventory', at)
    if ('csv' in written) return { kind: 'csv', path: at(written.csv), delimiter: written.delimiter }
    if ('yaml' in written) return { kind: 'yaml', path: at(written.yaml) }
    return { kind: 'program', path: at(written.program), within: written.within, withheld }
  })
}

/**
 * The source that a name alone means, by its extension. `where` makes the sentence if it means none.
 * @throws LockstepError `bad-config`
 */
export function sourceNamed(
  written: string,
  where: string,
  at: (relative: string) => string,
): InventorySource {
  const found = byExtension(written)
  if (found === undefined)
    throw new LockstepError('bad-config', `${where}: ${JSON.stringify(written)} is none; expected ${KINDS}`)
  return found.kind === 'discovery' ? found : { ...found, path: at(found.path) }
}

function byExtension(written: string): InventorySource | undefined {
  if (written === 'discovery') return { kind: 'discovery' }
  switch (extname(written).toLowerCase()) {
    case '.csv':
      return { kind: 'csv', path: written, delimiter: 'comma' }
    case '.tsv':
      return { kind: 'csv', path: written, delimiter: 'tab' }
    case '.yaml':
    case '.yml':
      return { kind: 'yaml', path: written }
    default:
      return undefined
  }
}
