import type { Run } from '../run'

/** Why a recovery feature cannot be run as it is written. */
export const TOO_SMALL =
  'Its hosts alone are the pool of this feature, and in waves of these sizes too few of them would stay in service: make them smaller first.'

/** Options of cucumber-js that decide what of a feature is run, and as what. Each is followed by its value. */
const KEPT_OPTIONS = /^(?:-p|--profile|-t|--tags|-n|--name|-c|--config|--world-parameters)$/
/** What a run was told by its environment, and the next one has to be told as well. Variables are among a recovery's text. */
const KEPT_VARIABLES = [
  'LOCKSTEP_CONFIG',
  'LOCKSTEP_RELEASE',
  'LOCKSTEP_ACTIVATE',
  'LOCKSTEP_SAFE_MODE',
  'LOCKSTEP_TICKET',
  'LOCKSTEP_APPROVAL',
]

/** Returns the command that brings on what `run` has left, as one line for a shell: the same as its own, but for the feature. */
export function commandFor(run: Run, path: string, more: Readonly<Record<string, string>> = {}): string {
  const { env, args } = run.invocation
  const own = KEPT_VARIABLES.flatMap((name) => {
    const value = env[name]
    return value === undefined || value === '' ? [] : [[name, value] as const]
  })
  const where = run.chosen === undefined ? [] : [['LOCKSTEP_ENVIRONMENT', run.chosen] as const]
  const variables = [...Object.entries(more), ...where, ...own].map(
    ([name, value]) => `${name}=${quoted(value)}`,
  )
  return run.scrub([...variables, 'npx cucumber-js', ...optionsOf(args), quoted(path)].join(' '))
}

/** The command that goes on with `uri` where `run` has stopped. */
export function resumeCommand(run: Run, uri: string): string {
  const given = run.invocation.env['LOCKSTEP_VARIABLES'] ?? ''
  const variables = given === '' ? {} : { LOCKSTEP_VARIABLES: given }
  const [lines = ''] = run.invocation.args.flatMap((arg) => /\.feature((?::\d+)+)$/.exec(arg)?.slice(1) ?? [])
  return commandFor(run, `${uri}${lines}`, { LOCKSTEP_RESUME: run.id, ...variables })
}

/** Whether only some lines of a feature were run: those of its recovery are others. */
export function isPartial({ invocation }: Run): boolean {
  return invocation.args.some((arg) => /\.feature(?::\d+)+$/.test(arg))
}

function optionsOf(args: readonly string[]): string[] {
  const options = args.flatMap((arg, index) => {
    const value = args[index + 1]
    if (KEPT_OPTIONS.test(arg) && value !== undefined) return [arg, quoted(value)]
    const [name = ''] = arg.split('=', 1)
    return arg.includes('=') && KEPT_OPTIONS.test(name) ? [quoted(arg)] : []
  })
  return options.length === 0 ? ['-p', 'live'] : options
}

function quoted(word: string): string {
  return /^[\w./:=@,+%-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
