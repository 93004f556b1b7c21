import { join } from 'node:path'
import type { InventorySource } from '../../config/inventory_sources'
import { readInventorySetting } from '../../config/lockstep_yaml'
import { readPipelinePlaces } from '../../config/pipeline_places'
import { readSpoolSetting } from '../../config/pipeline_setting'
import type { Holder } from '../../locks/lock_store'
import type { SpoolAccounts } from '../../pipeline/format_pipeline'
import type { FollowedHistory } from '../../history/followed_history'
import { followHistory } from '../../history/open_history'
import type { SharingNow } from '../../history/sharing_now'
import { accountForSpools } from '../../pipeline/spool_accounts'
import { LockstepError } from '../../system/errors'
import { processStartedAt } from '../../system/process_start'
import type { BegunRollout } from '../begun_rollout'

/** Where the pages have their facts from. The console reads; it writes nothing, and asks no host. */
export interface ConsoleSources {
  /** The folder of the state, as an absolute path. */
  state: string
  /** The runs of this control host, and those that others have shared. */
  history: Pick<FollowedHistory, 'read' | 'textOf'>
  /** How the sharing of the history stands; undefined where it is not shared. */
  sharing: Pick<SharingNow, 'readAt' | 'trouble'> | undefined
  /** The environments of lockstep.yaml, in their order. */
  environments: readonly string[]
  /** The environments that each repository's tags go to, by the configuration. */
  repositories: ReadonlyMap<string, readonly string[]>
  /** The sources of the inventory of an environment. @throws LockstepError `bad-config` */
  inventoryOf: (environment: string) => readonly InventorySource[]
  /** The runs that have locks on hosts, or why they are not known. */
  locks: () => Promise<readonly Holder[] | string>
  spools: () => SpoolAccounts | { fault: string }
  /** Returns whether hosts take a tag of this name. */
  takesTag: (tag: string) => boolean
  /** The machine on which pushes are taken and commits are tested; undefined where nothing does so. */
  servedOn: () => string | undefined
  /** Returns whether a process of this machine is there that wrote a journal then; its number may be used again. */
  isAlive: (pid: number, beganAt: number) => boolean
  /** The time, in milliseconds. */
  now: () => number
  /** Returns what was started from pages and waits for a person; absent where nothing can be started there. */
  startsWaiting?: () => readonly WaitingStart[]
  /** True where lockstep.yaml names features that people start from pages. */
  canStart?: boolean
  /** Returns the rollouts that were begun from pages; absent where nothing can be started there. */
  begunByStarts?: () => readonly BegunRollout[]
}

/** A start that waits for a person, and its page. */
export interface WaitingStart {
  at: string
  feature: string
  environment: string
  /** What it waits for. */
  waits: string
  by: string
  since: string
}

/**
 * Returns the sources of a console beside `lockstep serve`. `config` is its lockstep.yaml, which is read once.
 * @throws LockstepError `bad-config`
 */
export function consoleSources({
  config,
  state,
  env,
  listLocks,
  ...rest
}: {
  config: string
  state: string
  env: Readonly<Record<string, string | undefined>>
  /** @throws LockstepError `lock-failed` */
  listLocks: () => Promise<readonly Holder[]>
} & Pick<
  ConsoleSources,
  'takesTag' | 'servedOn' | 'now' | 'sharing' | 'startsWaiting' | 'canStart' | 'begunByStarts'
>): ConsoleSources {
  const { environments, repositories } = readPipelinePlaces(config)
  const spool = readSpoolSetting(config)
  return {
    ...rest,
    state,
    history: followHistory({ config, env, folders: { state, history: join(state, 'history') } }),
    environments,
    repositories,
    inventoryOf: (environment) =>
      environments.includes(environment) ? readInventorySetting(config, environment).sources : [],
    locks: () => readHolders(listLocks),
    spools: () => accountForSpools(spool),
    isAlive: (pid, beganAt) => {
      const started = processStartedAt(pid, rest.now())
      return started !== undefined && started <= beganAt + SLACK_MS
    },
  }
}

/** The milliseconds by which clocks that jump may make a process look younger than its journal. */
const SLACK_MS = 10_000

async function readHolders(listLocks: () => Promise<readonly Holder[]>): Promise<readonly Holder[] | string> {
  try {
    return await listLocks()
  } catch (error) {
    // Unknown locks keep no reader from the rest.
    if (error instanceof LockstepError) return error.message
    throw error
  }
}
