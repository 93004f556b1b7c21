import { join } from 'node:path'
import type { Checker } from './checker'
import { checkInProcess } from './checker_process'
import { MAX_YAML_BYTES } from './limits'

/** The end of the names that files have for the checker of `lockstep.yaml`; the process knows by it what is asked. */
export const OWN_YAML = '.lockstep.yaml'

/** The end of the names that a `hiera.yaml` has. */
export const HIERA_YAML = '.hiera.yaml'
/** The end of the names that the data of hiera has. */
export const HIERA_DATA = '.data.yaml'
/** The end of the names that YAML has where encrypted values are looked for. */
export const EYAML = '.values.eyaml'

const YAML = /\.e?ya?ml$/i

const PROGRAM = [join(__dirname, 'check_yaml.cjs')]

/** Checks that YAML can be parsed. */
export const yamlChecker: Checker = {
  name: 'yaml',
  maxBytes: MAX_YAML_BYTES,
  takes: (path) => (YAML.test(path) && !isLockstepYaml(path) ? '.yaml' : undefined),
  check: (files, where) => checkInProcess(PROGRAM, files, where),
}

/** Checks a `hiera.yaml` by the rules of Puppet, and that data of hiera is a map. No data is looked up. */
export const hieraChecker: Checker = {
  name: 'hiera',
  maxBytes: MAX_YAML_BYTES,
  takes: (path) => {
    if (/(?:^|\/)hiera\.yaml$/i.test(path)) return HIERA_YAML
    return YAML.test(path) && /(?:^|\/)(?:hiera)?data\//i.test(path) ? HIERA_DATA : undefined
  },
  check: (files, where) => checkInProcess(PROGRAM, files, where),
}

/** Checks the form of values that hiera-eyaml has encrypted. No key takes part, and no value is shown. */
export const eyamlChecker: Checker = {
  name: 'eyaml',
  maxBytes: MAX_YAML_BYTES,
  takes: (path) => (YAML.test(path) ? EYAML : undefined),
  check: (files, where) => checkInProcess(PROGRAM, files, where),
}

/** Checks a `lockstep.yaml` by its schema. No file, variable or program that it names is touched. */
export const lockstepYamlChecker: Checker = {
  name: 'lockstep.yaml',
  maxBytes: MAX_YAML_BYTES,
  takes: (path) => (isLockstepYaml(path) ? OWN_YAML : undefined),
  check: (files, where) => checkInProcess(PROGRAM, files, where),
}

function isLockstepYaml(path: string): boolean {
  return /(?:^|\/)lockstep\.ya?ml$/i.test(path)
}
