import { withProfile } from '../run/again'
import { formatRun } from '../run/feature_call'
import type { RunState } from '../run/run_state'
import { formatRollout } from '../system/commands'

/** The sentence that says why a recovery feature cannot be run as it is written. */
export const TOO_SMALL =
  'Its hosts alone are the pool of this feature, and in waves of these sizes too few of them would stay in service: make them smaller first.'

/**
 * Matches the options of cucumber-js that decide what of a feature is run, and as what. Each is followed by its value.
 */
const KEPT_OPTIONS = /^(?:-p|--profile|-t|--tags|--name|-c|--config|--world-parameters)$/
/** Matches such an option with its value right behind it, such as `-t@canary`. */
const KEPT_WITH_VALUE = /^-[ptc][^-]/

/** Returns the command that carries on what `run` has left: the run's own command, with `path` as its feature. */
export function commandFor(run: RunState, path: string, more: Readonly<Record<string, string>> = {}): string {
  const { args, env } = run.invocation
  // The values of variables, and the hosts of a limit that are left, are in the text of a recovery feature.
  const { LOCKSTEP_VARIABLES: _, LOCKSTEP_LIMIT: __, ...others } = env
  return format(run, [...optionsOf(args), path], others, more)
}

/** Returns the command that goes on with `uri` where `run` has stopped. */
export function resumeCommand(run: RunState, uri: string): string {
  const given = run.invocation.env['LOCKSTEP_VARIABLES'] ?? ''
  const variables = given === '' ? {} : { LOCKSTEP_VARIABLES: given }
  const [lines = ''] = run.invocation.args.flatMap((arg) => /\.feature((?::\d+)+)$/.exec(arg)?.slice(1) ?? [])
  const limit = run.limit === undefined ? {} : { LOCKSTEP_LIMIT: run.limit }
  return commandFor(run, `${uri}${lines}`, { LOCKSTEP_RESUME: run.id, ...limit, ...variables })
}

/** Returns the command that carries out what `run` has planned, and nothing else. */
export function planCommand(run: RunState, plan: string): string {
  const { args, env } = run.invocation
  const [first] = run.plan
  const own = args.length === 0 ? ['-p', 'live', first?.uri ?? ''] : asLive(args)
  return format(run, own, env, { LOCKSTEP_PLAN: plan })
}

/** Returns whether only some lines of a feature were run; its recovery feature has other line numbers. */
export function isPartial({ invocation }: RunState): boolean {
  return invocation.args.some((arg) => /\.feature(?::\d+)+$/.test(arg))
}

function format(
  run: RunState,
  args: readonly string[],
  env: RunState['invocation']['env'],
  more: Readonly<Record<string, string>>,
): string {
  const chosen = run.chosen === undefined ? {} : { LOCKSTEP_ENVIRONMENT: run.chosen }
  const { byCommand, lockstep } = run.invocation
  if (byCommand === true) return formatRun(args, { ...env, ...chosen, ...more }, lockstep)
  return formatRollout(args, more, { ...run.invocation, env: { ...env, ...chosen } })
}

function optionsOf(args: readonly string[]): string[] {
  const options = args.flatMap((arg, index) => {
    const value = args[index + 1]
    if (KEPT_OPTIONS.test(arg) && value !== undefined) return [arg, value]
    const [name = ''] = arg.split('=', 1)
    return KEPT_WITH_VALUE.test(arg) || (arg.includes('=') && KEPT_OPTIONS.test(name)) ? [arg] : []
  })
  return options.length === 0 ? ['-p', 'live'] : options
}

/** Returns the arguments with the profile `live`. A team's own profile stays before Lockstep's, which overrides it. */
function asLive(args: readonly string[]): string[] {
  const all = withProfile(args, 'live')
  const rest = all.slice(0, -2)
  return rest.includes('-p') ? all : ['-p', 'live', ...rest]
}
