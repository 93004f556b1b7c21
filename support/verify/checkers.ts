import type { Checker } from './checker'
import { featureChecker } from './feature_checker'
import { lockstepYamlChecker, yamlChecker } from './yaml_checkers'

/** All checkers of a push. A file goes to each one that takes its path. */
export function checkersOf(options: { isStrict: boolean }): readonly Checker[] {
  return [featureChecker(options), yamlChecker, lockstepYamlChecker]
}

/** The names of the checkers. */
export const CHECKER_NAMES = checkersOf({ isStrict: false }).map(({ name }) => name)
