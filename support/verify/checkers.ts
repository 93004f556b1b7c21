import type { Checker } from './checker'
import { featureChecker } from './feature_checker'
import { eppChecker, puppetChecker } from './puppet_checkers'
import { puppetLintChecker } from './puppet_lint_checker'
import { erbChecker, puppetfileChecker } from './ruby_checkers'
import { ServerPrograms } from './server_programs'
import { eyamlChecker, hieraChecker, lockstepYamlChecker, yamlChecker } from './yaml_checkers'

/** All checkers of a push. A file goes to each one that takes its path. */
export function checkersOf(options: { isStrict: boolean; path: string | undefined }): readonly Checker[] {
  const programs = new ServerPrograms(options.path)
  return [
    featureChecker(options),
    yamlChecker,
    lockstepYamlChecker,
    hieraChecker,
    eyamlChecker,
    puppetChecker(programs),
    eppChecker(programs),
    puppetLintChecker(programs),
    erbChecker(programs),
    puppetfileChecker(programs),
  ]
}

/** The names of the checkers. */
export const CHECKER_NAMES = checkersOf({ isStrict: false, path: undefined }).map(({ name }) => name)

/** The names of the checkers that need a program of the server; an installation may leave these out. */
export const SKIPPABLE_NAMES = checkersOf({ isStrict: false, path: undefined })
  .filter(({ lacks }) => lacks !== undefined)
  .map(({ name }) => name)
