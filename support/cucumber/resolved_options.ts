import { basename } from 'node:path'
import { Writable } from 'node:stream'
import type { IResolvedConfiguration } from '@cucumber/cucumber/api'
import { traitsOf, type ModeParameters } from '../run/modes'

/** The options that cucumber makes of its command line, its configuration and the profiles that were chosen. */
export interface ResolvedOptions {
  dryRun: boolean
  /** The order of scenarios, such as `defined`, `reverse`, `random:42`. */
  order: string
  /** The part of the scenarios to run, such as `1/2`; empty where all are run. */
  shard: string
  parallel: number
  retry: number
  failFast: boolean
  worldParameters: ModeParameters
}

/**
 * Asks cucumber itself for the options that it resolves, which a plugin does not get. Resolves with undefined for a
 * process that is not cucumber's own command. The command line says nothing about the run there.
 */
export async function resolveOptions(
  argv: readonly string[],
  cwd: string,
): Promise<ResolvedOptions | undefined> {
  if (!/^cucumber(-js|\.js)?$/.test(basename(argv[1] ?? ''))) return undefined
  const { useConfiguration } = await configurationOf(argv.slice(2), cwd)
  const { dryRun, order, shard, parallel, retry, failFast, worldParameters } = useConfiguration
  return { dryRun, order, shard: shard ?? '', parallel, retry, failFast, worldParameters }
}

/** Returns what cucumber makes of arguments of its command, and of the configuration that they name. */
export async function configurationOf(args: readonly string[], cwd: string): Promise<IResolvedConfiguration> {
  const { loadConfiguration } = require('@cucumber/cucumber/api') as typeof import('@cucumber/cucumber/api')
  const [file] = valuesOf(args, 'config', 'c').slice(-1)
  // The warnings of cucumber were given once already.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  return loadConfiguration(
    {
      ...(file === undefined ? {} : { file }),
      profiles: valuesOf(args, 'profile', 'p'),
      provided: [...args],
    },
    { cwd, stderr: nowhere },
  )
}

/**
 * Returns, in a sentence, why a run with these options cannot have the plugin's mode; undefined where it can. A run
 * that only reads features may read them in any order.
 */
export function faultOfOptions(
  { dryRun, order, shard, parallel, retry, failFast, worldParameters }: ResolvedOptions,
  told: ModeParameters,
): string | undefined {
  const [here, there] = [told.mode ?? 'embedded', worldParameters.mode ?? 'embedded']
  if (here !== there)
    return `pluginOptions.lockstep say mode ${JSON.stringify(here)}, and the worldParameters ${JSON.stringify(there)}; leave both to a profile: -p lint, -p live`
  if (traitsOf(told).purpose === 'findings')
    return dryRun ? undefined : 'features that are only read are not run; read them with -p lint'
  if (dryRun)
    return 'with --dry-run cucumber carries out no line, and calls that a success; read features with -p lint, or plan with -p plan'
  if (order !== 'defined')
    return `a rollout runs in the order in which its feature is written; leave out --order ${order}`
  if (shard !== '') return `a rollout is run as a whole; leave out --shard ${shard}`
  if (parallel > 0)
    return 'rollouts do not run in parallel: each step fans out by itself; leave out --parallel'
  if (retry > 0) return 'a rollout is not retried: a retried step is a second deploy; leave out --retry'
  if (!failFast)
    return 'a rollout stops at its first failure, and the next feature would begin behind it; leave out failFast: false'
  return undefined
}

/** Returns the values of an option in each way of writing it: `--name value`, `--name=value`, `-n value`, `-nvalue`. */
export function valuesOf(args: readonly string[], name: string, letter: string): string[] {
  return args.flatMap((arg, index) => {
    if (arg === `--${name}` || arg === `-${letter}`) return [args[index + 1] ?? '']
    if (arg.startsWith(`--${name}=`)) return [arg.slice(name.length + 3)]
    const isShort = arg.startsWith(`-${letter}`) && !arg.startsWith('--')
    return isShort ? [arg.slice(2).replace(/^=/, '')] : []
  })
}
