import { readConfigFile } from '../config/files'
import { FreshFile } from './file_identity'
import { parsePolicy, policyOf, type Right } from './policy'
import type { Policy } from './person'

/** Reads the sentences of a policy. @throws LockstepError `bad-config`: file, line, what was expected, the closest word */
export function readRights(path: string, environments: readonly string[]): Right[] {
  return parsePolicy(path, readConfigFile(path, 'policy', 'console.policy'), environments)
}

/** Returns the policy of a file. While the file is not right there is none: what it said before counts no longer. */
export function freshPolicy(
  path: string,
  environments: readonly string[],
  onFault: (sentence: string) => void,
): FreshFile<Policy> {
  return new FreshFile(path, () => policyOf(readRights(path, environments)), onFault)
}
