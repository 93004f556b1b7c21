import { traitsOf, type ModeParameters } from '../run/modes'
import { NO_RETRY, NOT_IN_PARALLEL } from './command_line'

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
  /** The plugins of the run, as their modules are named. */
  plugins: readonly string[]
  /** The expression of tags, and the patterns of names, that scenarios are chosen by; empty where all are run. */
  tags: string
  names: readonly string[]
  /** The paths of features, with the lines of scenarios. */
  paths: readonly string[]
}

/**
 * Returns, in a sentence, why a run with these options cannot have the plugin's mode; undefined where it can. A run
 * that only reads features may read them in any order.
 */
export function faultOfOptions(
  {
    dryRun,
    order,
    shard,
    parallel,
    retry,
    failFast,
    worldParameters,
  }: Omit<ResolvedOptions, 'plugins' | 'tags' | 'names' | 'paths'>,
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
  if (parallel > 0) return NOT_IN_PARALLEL
  if (retry > 0) return NO_RETRY
  if (!failFast)
    return 'a rollout stops at its first failure, and the next feature would begin behind it; leave out failFast: false'
  return undefined
}
