import type { ConsoleApproval } from '../../config/console_setting'
import type { RightsNow } from '../../people/rights_now'
import type { Starter } from '../../starts/starter'
import type { Act } from '../../people/person'
import type { LookDesk } from '../looks/look_view'
import type { OwnVariables } from './start_wish'

/** What is known of tags, and what asks hosts for them. */
export interface TagSources {
  desk: LookDesk
  /** Returns whether hosts take a tag of this name. */
  takesTag: (tag: string) => boolean
  /** Returns the tags that were pushed, the newest first, of a repository that the reader may look at. */
  pushed: (repository: string, may: (act: Act, environment: string) => boolean) => readonly string[]
}

/** Where the pages of starts have their facts from, and what carries out what people want. */
export interface StartSources {
  /** The folder of lockstep.yaml, and the globs of the features below it that people may start. */
  folder: string
  features: readonly string[]
  environments: readonly string[]
  approvalIn: (environment: string) => ConsoleApproval
  /** The rights of people as they are written at the moment, also of those who are not logged in. */
  rights: RightsNow
  /** Returns the variables of an environment. @throws LockstepError `bad-config` */
  variablesOf: (environment: string) => OwnVariables
  /** The folder in which each run of a start has one. */
  runs: string
  desk: {
    /** Undefined while this process does not serve. */
    readonly starter: Starter | undefined
    /** Why nothing can be started now; undefined where it can. */
    readonly fault: string | undefined
  }
  now: () => number
  /** Absent where hosts are not asked for tags. */
  tags?: TagSources
}
