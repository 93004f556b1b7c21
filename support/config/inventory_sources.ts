import { extname } from 'node:path'
import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { duration } from './duration_setting'
import { kindMeant, allowKnownKeys } from './known_keys'

/** A source that says which hosts should be there. Paths are absolute. */
export type InventorySource =
  | { kind: 'csv'; path: string; delimiter: Delimiter }
  | { kind: 'yaml'; path: string }
  /**
   * A program that prints Ansible's dynamic inventory. `within` is in milliseconds; `withheld` names variables with
   * secrets.
   */
  | { kind: 'program'; path: string; within: number; withheld: readonly string[] }
  /** The hosts that answer. Each roll call asks for them, and no file is read. */
  | { kind: 'discovery' }

export const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t' } as const
export type Delimiter = keyof typeof DELIMITERS

const KINDS = 'a .csv, .tsv, .yaml or .yml file, {program: path}, or discovery'

const path = v.pipe(v.string('a path'), v.minLength(1, 'a path'))
const named = v.pipe(
  v.string(`a source of the inventory: ${KINDS}`),
  v.check((written) => byExtension(written) !== undefined, KINDS),
)
const csv = allowKnownKeys({
  csv: path,
  delimiter: v.optional(v.picklist(['comma', 'semicolon', 'tab'], 'comma, semicolon or tab'), 'comma'),
})
const yaml = allowKnownKeys({ yaml: path })
const program = allowKnownKeys({ program: path, within: v.optional(duration, '30 seconds') })
/** The mappings that a source may be; the one that resembles the written one names its own faults. */
export const SOURCES = { csv, yaml, program }
const source = v.lazy(
  (written) => kindMeant<(typeof SOURCES)[keyof typeof SOURCES]>(written, SOURCES) ?? named,
)

/** The schema of an environment's `inventory`. */
export const inventorySetting = v.pipe(v.array(source, 'a list of sources'), v.minLength(1, 'at least one'))

/** Returns the sources of a setting. `at` makes paths absolute. */
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
 * Returns the source that a name alone means, by its extension. `where` begins the sentence of an error.
 * @throws LockstepError `bad-config` for a name that means none
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
