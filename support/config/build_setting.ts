import * as v from 'valibot'
import { duration } from './duration_setting'
import { jenkinsSetting, resolveJenkins, type JenkinsBuild } from './jenkins_setting'
import { allowKnownKeys } from './known_keys'
import { reportsSetting, resolveReports, type ReportedBuild } from './reports_setting'
import { builtBy, type RunnerBuild } from './runner_build_setting'
import type { ReadSecret } from './secrets'

export type { JenkinsBuild, ReportedBuild }

const COMMAND = 'a program and its arguments, such as [npm, test]'
const USER = 'the name of a user that runs builds and nothing else, and is not root'
const KINDS =
  'one of: command, with within, user and environment where they are needed; or reports, alone; or jenkins, alone'
const WITHIN_MS = 20 * 60_000

const variable = v.pipe(
  v.string('the name of an environment variable'),
  v.regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable'),
)

const variables = v.array(variable, 'a list of names of environment variables')

/** The schemas of the user that builds run as, and of the variables that they inherit. */
export const userSetting = v.optional(
  v.pipe(v.string(USER), v.regex(/^[A-Za-z_][\w-]{0,31}$/, USER), v.notValue('root', USER)),
)
export const variablesSetting = v.optional(variables, [])

const keys = allowKnownKeys({
  command: v.optional(
    v.pipe(v.array(v.string('a program and its arguments'), COMMAND), v.minLength(1, COMMAND)),
  ),
  within: v.optional(duration),
  user: userSetting,
  environment: v.optional(variables),
  by: builtBy,
  reports: v.optional(reportsSetting),
  jenkins: v.optional(jenkinsSetting),
})

/** The schema of `ci` of a repository: how its commits are tested. */
export const buildSetting = v.pipe(
  keys,
  v.check(({ reports, jenkins, ...own }) => {
    const isCommand = Object.values(own).some((value) => value !== undefined)
    const kinds = [reports !== undefined, jenkins !== undefined, isCommand].filter(Boolean)
    return kinds.length === 1 && (!isCommand || own.command !== undefined)
  }, KINDS),
)

/** How the commits of a repository are tested. */
export type BuildSettings = CommandBuild | RunnerBuild | ReportedBuild | JenkinsBuild

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

/**
 * Returns the settings of builds as they are written in `ci`.
 * @throws LockstepError `bad-config` where a secret cannot be had
 */
export function resolveBuild(
  {
    command = [],
    within = WITHIN_MS,
    environment = [],
    user,
    by,
    reports,
    jenkins,
  }: v.InferOutput<typeof buildSetting>,
  read: ReadSecret,
): BuildSettings {
  if (reports !== undefined) return resolveReports(reports, read)
  if (jenkins !== undefined) return resolveJenkins(jenkins, read)
  if (by === 'runners') return { kind: 'runners', command, within }
  return { kind: 'command', command, within, environment, user }
}

/** Returns the user that a build runs as; undefined where it has none of its own. */
export function userOf(build: BuildSettings | undefined): string | undefined {
  return build?.kind === 'command' ? build.user : undefined
}
