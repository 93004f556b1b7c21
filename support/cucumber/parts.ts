import type { Environment } from '../config/environment'
import type { Surroundings } from '../config/mcollective_cfg'
import type { RunRecord } from '../rollout/out_of_rotation'
import type { Links } from '../rollout/family'
import type { Ledger } from '../rollout/ledger'
import type { ExpectedHosts } from '../rollout/ports'
import type { JournalFile } from '../system/journal_file'
import type { EmbeddedSurroundings } from './embedded'
import type { ReachableFleet } from './fleet'
import type { RunNotices } from './notices'
import type { Plan } from './planning/plan'
import type { Run } from './run'

/** What a run is put together from; all its rollouts share it. */
export interface Parts {
  environment: Environment
  fleet: ReachableFleet
  journal: JournalFile
  ledger: Ledger
  embedded: EmbeddedSurroundings | undefined
  resumed: RunRecord | undefined
  /** Which run of its folder this is. */
  order: number
  /** Which runs of its folder go on from which. */
  links: Links
  /** Whether it has to change nothing when it is run again. */
  twice: boolean
  around: Surroundings
  /** What the run calls its release. */
  release: string | undefined
  /** What all rollouts begin with, whatever one of them comes to: `live`, `noop`, `plan`. */
  beginsAs: string
}

/** The same, with what is made of it. */
export interface WholeRun {
  run: Run
  parts: Parts
  notices: RunNotices | undefined
  /** The same for all features of the run. */
  inventory: ExpectedHosts | undefined
  /** The plan that was approved, where one was demanded. */
  approved: Plan | undefined
  /** Locks that are to be let go of at the end. */
  locked: { release(): Promise<void> }[]
}

/** Whether hosts that are not this process's own are changed, now or once safe mode is left. */
export function isLive({ mode }: Run): boolean {
  return mode === 'live' || mode === 'noop'
}
