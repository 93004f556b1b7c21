import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import { readConfigFile } from './files'
import { placesIn, readYaml } from './yaml_file'

const FILE = 'a path such as ./lockstep/rules.js'

/** The schema of `extensions`, the files with code of a team. */
export const extensionsSetting = v.pipe(
  v.array(v.pipe(v.string(FILE), v.minLength(1, FILE)), `a list of files: ${FILE}`),
  v.minLength(1, 'at least one file'),
)

/** A file with code of a team, as lockstep.yaml names it. */
export interface ExtensionFile {
  /** The absolute path. */
  path: string
  /** The path as written. */
  file: string
  /** The place where it is named, `path:line`. */
  where: string
}

/**
 * Reads which files with code of a team a lockstep.yaml names, and nothing else of it.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readExtensionFiles(configPath: string): ExtensionFile[] {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const { extensions = [] } = readYaml(
    configPath,
    text,
    v.looseObject({ extensions: v.optional(extensionsSetting) }),
  )
  const places = placesIn(configPath, text)
  return extensions.map((file, index) => ({
    path: resolve(dirname(configPath), file),
    file,
    where: places.where(['extensions', index]),
  }))
}
