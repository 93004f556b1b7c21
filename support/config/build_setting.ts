import * as v from 'valibot'
import { duration } from './duration_setting'
import { allowKnownKeys } from './known_keys'
import { builtBy, type RunnerBuild } from './runner_build_setting'

const COMMAND = 'a program and its arguments, such as [npm, test]'
const USER = 'the name of a user that runs builds and nothing else, and is not root'

const variable = v.pipe(
  v.string('the name of an environment variable'),
  v.regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable'),
)

/** The schemas of the user that builds run as, and of the variables that they inherit. */
export const userSetting = v.optional(
  v.pipe(v.string(USER), v.regex(/^[A-Za-z_][\w-]{0,31}$/, USER), v.notValue('root', USER)),
)
export const variablesSetting = v.optional(v.array(variable, 'a list of names of environment variables'), [])

/** The schema of `ci` of a repository: how its commits are tested. */
export const buildSetting = allowKnownKeys({
  command: v.pipe(v.array(v.string('a program and its arguments'), COMMAND), v.minLength(1, COMMAND)),
  within: v.optional(duration, '20 minutes'),
  user: userSetting,
  environment: variablesSetting,
  by: builtBy,
})

/** How the commits of a repository are tested. */
export type BuildSettings = CommandBuild | RunnerBuild

/** The tests are a command, which `lockstep serve` runs on its own machine. */
export interface CommandBuild {
  kind: 'command'
  command: readonly string[]
  /** Milliseconds that it may take. */
  within: number
  /** The names of the only variables that it inherits, beside those that a program needs to be found. */
  environment: readonly string[]
  /** The user that the command runs as; without one, it runs as the user of this process. */
  user?: string | undefined
}

/** Returns the settings of builds as they are written in `ci`. */
export function resolveBuild(written: v.InferOutput<typeof buildSetting>): BuildSettings {
  const { by, ...command } = written
  if (by === 'runners') return { kind: 'runners', command: written.command, within: written.within }
  return { kind: 'command', ...command }
}

/** Returns the user that a build runs as; undefined where it has none of its own. */
export function userOf(build: BuildSettings | undefined): string | undefined {
  return build?.kind === 'command' ? build.user : undefined
}
