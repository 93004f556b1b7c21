import { join } from 'node:path'
import type { Checker } from './checker'
import { checkInProcess } from './checker_process'
import { MAX_YAML_BYTES } from './limits'

/** The end of the names that files have for the checker of `lockstep.yaml`; the process knows by it what is asked. */
export const OWN_YAML = '.lockstep.yaml'

const PROGRAM = [join(__dirname, 'check_yaml.cjs')]

/** Checks that YAML can be parsed. */
export const yamlChecker: Checker = {
  name: 'yaml',
  maxBytes: MAX_YAML_BYTES,
  takes: (path) => (/\.ya?ml$/i.test(path) && !isLockstepYaml(path) ? '.yaml' : undefined),
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
