import type { JournalEntry } from '../rollout/model/journal_entry'
import type { HostRange, RecordedVerdict } from '../rollout/model/host_list'
import type { HostOutOfRotation } from '../rollout/model/out_of_rotation'
import type { Counts } from '../rollout/model/verdict'
import type { ErrorCode } from '../system/errors'
import type { Wait } from '../system/wait'
import type { Omission } from './account'
import type {
  Drift,
  Fault,
  Invocation,
  Line,
  PlannedScenario,
  Recovery,
  Remark,
  SavedPlan,
} from './run_parts'
import type { Mode } from './modes'
import type { HostTruth, Rehearsed } from './rehearsed'
import type { Outcome, ScenarioKey } from './scenario_runs'

/** The version of the events below. It is raised when a reader of the version before could misunderstand one. */
export const EVENTS_VERSION = 1

/** The events of a run itself, beside the entries of its rollouts. They hold no secret. */
export type OwnEvent =
  /** The features were read. It is the first event of a run, and names the run and its version. */
  | {
      type: 'read'
      version: number
      run: string
      invocation: Invocation
      scenarios: readonly PlannedScenario[]
      remarks: readonly Remark[]
      /** The variables that each feature uses, with their values. */
      variables: Readonly<Record<string, Readonly<Record<string, string>>>>
    }
  /** The run knows where it goes; nothing was sent before. */
  | {
      type: 'began'
      mode: Mode
      environment: string
      /** The name of the environment that was asked for; absent where the run takes the one it has without asking. */
      chosen?: string
      /** The path of the run's journal, from the folder in which the run was started. */
      journal: string
      by: string
      tickets: readonly string[]
      warnings: readonly string[]
      outBefore: readonly HostOutOfRotation[]
      notKnownBefore: readonly string[]
      /** The hosts that the run is limited to, in ClusterShell's form. */
      limit?: string
      /** The run that this one goes on from. */
      resumes?: string
    }
  /**
   * The text of a feature as it is run, and the values of its variables that a later run has to use again. Neither has
   * a secret; `hasHidden` says that `***` stands for one in the text.
   */
  | {
      type: 'text'
      uri: string
      text: string
      values: Readonly<Record<string, string>>
      hasHidden?: boolean
    }
  /** The mode of lines from here on. It changes where a feature leaves safe mode, and for the feature after that. */
  | { type: 'mode'; mode: Mode }
  /** The facts that a resumed run has taken over: who had failed within the budget, and who was told anything. */
  | { type: 'went on'; out: Readonly<Record<string, string>>; attempted: readonly string[] }
  | ({ type: 'scenario began' } & ScenarioKey)
  | ({ type: 'line' } & Line)
  /** The `message` is cucumber's, of a line that failed by itself and not by what hosts have said. */
  | ({ type: 'line ended'; line: number; status: string; took: number; message?: string } & ScenarioKey)
  /** The scenario that began last has ended; `took` is in milliseconds. */
  | { type: 'scenario ended'; outcome: Outcome; took: number }
  /** The waves of a feature by now, those to come among them, and the hosts in none. */
  | {
      type: 'waves'
      added: readonly string[]
      taken: number
      waves: readonly { name: string; hosts: readonly HostRange[] }[]
      left: readonly HostRange[]
    }
  | ({ type: 'verdict'; step: string; line: number; passed: boolean; counts: Counts } & RecordedVerdict)
  /** A step that was done after a failure. */
  | ({ type: 'undone'; what: string; passed: boolean; counts: Counts } & RecordedVerdict)
  | ({ type: 'fault' } & Fault)
  | ({ type: 'omission' } & Omission)
  | { type: 'hook failed'; message: string }
  /** The run has failed, for what other events say, or cucumber. */
  | { type: 'failed' }
  | { type: 'refused'; code: ErrorCode; message: string }
  /** The operator asked to stop. */
  | { type: 'interrupted' }
  | { type: 'note'; text: string }
  | { type: 'recovery'; recovery: Recovery }
  | { type: 'plan saved'; plan: SavedPlan }
  /** The run keeps to a plan: planned again just now, it is still what would be done. */
  | { type: 'plan kept'; plan: string }
  | { type: 'drift'; drift: readonly Drift[] }
  | { type: 'truth'; truth: readonly HostTruth[] }
  | { type: 'rehearsed'; rehearsal: Rehearsed }
  /** The run has ended, and this is the exit status that it came to; `took` is in milliseconds. */
  | { type: 'ended'; exitCode: number; took: number }

/** An event that is on disk before the run tells or sends anything that depends on it. */
export type DurableEvent = JournalEntry | OwnEvent

/** A durable event as it is on disk, with its time in ISO 8601. */
export type RecordedEvent = DurableEvent & { at: string }

/** An event that is only shown while it lasts. */
export type EphemeralEvent =
  /** Something is waited for from here on. */
  | { type: 'waiting'; wait: Wait }
  /** It is waited for no longer. */
  | { type: 'waited'; wait: Wait }

export type RunEvent = RecordedEvent | EphemeralEvent

/** The entries of rollouts, from which a resumed run goes on. */
const OF_ROLLOUTS: Readonly<Record<JournalEntry['type'], true>> = {
  run: true,
  feature: true,
  release: true,
  activated: true,
  planned: true,
  scenario: true,
  'scenario passed': true,
  order: true,
  wave: true,
  out: true,
  had: true,
  became: true,
  tag: true,
  served: true,
  'puppet run ended': true,
  'puppet managed': true,
  'may remain': true,
  'modules found': true,
  'passed over': true,
  approved: true,
  'gate waits': true,
  'gate ended': true,
  locked: true,
  restoring: true,
  'roll call': true,
  asked: true,
  answered: true,
  opened: true,
  closed: true,
  'rollouts ended': true,
}

/** Returns whether an event is an entry of a rollout, and not an event of the run itself. */
export function isOfRollout<E extends { type: string }>(event: E): event is Extract<E, JournalEntry> {
  return Object.hasOwn(OF_ROLLOUTS, event.type)
}
