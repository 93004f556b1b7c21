import type { Environment } from '../config/environment'
import type { Extensions } from '../extensions/extensions'
import type { RunEntries } from '../rollout/model/out_of_rotation'
import type { Limit } from '../rollout/model/limit'
import type { Links } from '../rollout/model/family'
import type { Ledger } from '../rollout/model/ledger'
import type { ExpectedHosts } from '../rollout/ports'
import type { Rollout } from '../rollout/rollout'
import type { JournalFile } from '../system/journal_file'
import type { FileLog } from '../system/log'
import type { EmbeddedContext } from '../simulation/embedded'
import type { DowntimesOfRun } from './downtimes'
import type { FeatureJournals } from './feature_journals'
import type { ReachableFleet } from './mcollective_fleet'
import type { NotificationListener } from './notification_listener'
import type { Plan } from '../planning/plan'
import type { Mode } from '../run/modes'
import type { RunJournal } from '../run/journals'
import type { BeginAgain } from '../run/again'
import type { RunSurroundings } from '../run/parameters'
import type { Run } from '../run/run'
import { lazy } from './lazy'

/** The parts that a run is put together from; all its rollouts share them. */
export interface RunContext {
  environment: Environment
  fleet: ReachableFleet
  /** The file of the run's events. */
  file: JournalFile
  log: FileLog
  /** The journal of each feature, in the file of the run. */
  journals: FeatureJournals
  ledger: Ledger
  downtimes: DowntimesOfRun
  embedded: EmbeddedContext | undefined
  /** The code that a team adds. */
  extensions: Extensions
  resumed: RunEntries | undefined
  /** The hosts of roll calls that the run is limited to; undefined where it is for all. */
  limit: Limit | undefined
  /** The journals of earlier live runs. */
  records: readonly RunJournal[]
  /** The place of this run in the order of its folder's runs. */
  order: number
  /** The links from the runs of a folder to those that they go on from. */
  links: Links
  /** True when the run has to change nothing when it is run again. */
  isCheckedAgain: boolean
  context: RunSurroundings
  /** The name that the run gives its release. */
  release: string | undefined
  /** The mode that all rollouts begin with, such as `live`, `noop` or `plan`. One of them may change its own. */
  beginsAs: Mode
}

/** The run and its parts, with what is made of them. */
export interface ComposedRun {
  run: Run
  parts: RunContext
  /** The rollouts that were begun, by their feature. */
  rollouts: Map<string, Rollout>
  /** The runs that these rollouts go on from, and others that those went on from. */
  followed: Set<string>
  notifications: NotificationListener | undefined
  /** The hosts that the inventory expects, shared by all features of the run. */
  inventory: ExpectedHosts | undefined
  /** The plan that was approved; undefined where none was demanded. */
  approved: Plan | undefined
  /** The locks that are released at the end of the run. */
  locked: { release(): Promise<void> }[]
}

/** Returns what begins a run of the same features: in this process where that is possible, or else in one of its own. */
export function beginnerOf({ beginAgain }: RunSurroundings): BeginAgain {
  return beginAgain ?? lazy.beginInChild.beginInChild
}

/** Returns the mode of one rollout; each feature leaves safe mode for itself. */
export function modeOfRollout({ parts: { beginsAs } }: ComposedRun, { ports, isPlanned }: Rollout): Mode {
  return ports.planning !== undefined && !isPlanned ? 'live' : beginsAs
}
