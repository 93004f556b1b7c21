import type { AnswerTimes } from './answer_times'
import type { Request } from './answers'
import type { GateMeans, GateOutcome } from './gate'
import type { Verdict } from './verdict'

export type JournalEntry =
  | {
      type: 'run'
      feature: string
      hash: string
      mode: string
      environment: string
      pid: number
      /** The place of the run among those of its folder; see out_of_rotation.ts. */
      order: number
      resumes?: string
      /** The runs that it brings on or clears up after, beside the one that it resumes. */
      follows?: readonly string[]
      release?: string
      /** The hosts that the run is limited to, in ClusterShell's form. */
      limit?: string
      by?: string
      tickets?: readonly string[]
      /** The parameters that the feature was given, but for secrets. */
      parameters?: Readonly<Record<string, string>>
      /** The names of scenarios of the feature that are about hosts and that the operator left out. */
      leftOut?: readonly string[]
    }
  /** Entries from here on are of this feature, which began before. */
  | { type: 'feature'; feature: string }
  | { type: 'release'; release: string }
  /** The end of safe mode: from here on, lines are carried out for real. */
  | { type: 'activated'; release: string }
  /** The change that a line would have made. */
  | {
      type: 'planned'
      step: string
      line: number
      resource: string
      temporary: boolean
      fates: readonly { from: string; to: string | null; hosts: readonly string[] }[]
    }
  | { type: 'scenario'; scenarioId: string; name: string }
  | { type: 'scenario passed'; scenarioId: string }
  | { type: 'order'; seed: number }
  | { type: 'wave'; name: string; hosts: readonly string[] }
  | { type: 'out'; hosts: readonly string[] }
  | { type: 'had'; package: string; versions: Record<string, readonly string[]> }
  | { type: 'became'; package: string; versions: Record<string, readonly string[]> }
  /** The commit that a tag is at, for the whole rollout. */
  | { type: 'tag'; repository: string; tag: string; commit: string }
  /** The releases that hosts serve, before they are told to serve another one, and after it. */
  | {
      type: 'served'
      repository: string
      moment: 'before' | 'after'
      states: Record<string, readonly string[]>
    }
  /**
   * Runs of puppet that have ended, by the version of their catalog. `began` has the hosts that left a report, with
   * milliseconds by their own clocks.
   */
  | {
      type: 'puppet run ended'
      run: string
      requestId: string
      noop: boolean
      states: Record<string, readonly string[]>
      began: Record<string, number>
      /** What failed, by host; a host without is one on which nothing did. */
      failed?: Record<string, string>
      /** The code that was applied without a master. */
      code?: { name: string; digest: string }
    }
  /**
   * The resources that the catalogs of ended runs manage: the hosts by the version of the catalog and by the digest of
   * their set, and what hosts manage in common. `unknown` has the others, by the reason.
   */
  | {
      type: 'puppet managed'
      run: string
      versions: Record<string, readonly string[]>
      digests: Record<string, readonly string[]>
      shares: readonly { resources: readonly string[]; hosts: readonly string[] }[]
      unknown: Record<string, readonly string[]>
    }
  /** Resources that may be left on hosts, although an earlier release managed them. */
  | { type: 'may remain'; resources: readonly string[] }
  /** The modules in the folders of puppet code, as texts such as `apache 12.0.1, stdlib 9.4.1`, with their hosts. */
  | { type: 'modules found'; code: string; states: Record<string, readonly string[]> }
  | { type: 'passed over'; step: string; line: number }
  | { type: 'approved'; by: string }
  /** A gate waits for a person's approval until a moment, in ISO 8601. Its name is of this gate alone. */
  | { type: 'gate waits'; gate: string; question: string; until: string }
  /** A gate waits no longer. It is the receipt of an answer: one that it does not name was not taken. */
  | { type: 'gate ended'; gate: string; outcome: GateOutcome; by?: string; means?: GateMeans }
  | { type: 'locked'; hosts: number; takes: readonly string[]; reason: string }
  /** Hosts are about to get the order to go back to the version they had. */
  | { type: 'restoring'; package: string; hosts: readonly string[] }
  /** The hosts that take part. Those `outside` the limit of the run are in the roll call too, and take none. */
  | { type: 'roll call'; hosts: readonly string[]; outside?: readonly string[] }
  | {
      type: 'asked'
      step: string
      line: number
      requestId: string
      agent: string
      action: string
      inputs: Request['inputs']
      mutating: boolean
      hosts: readonly string[]
    }
  | {
      type: 'answered'
      requestId: string
      outcomes: Record<string, readonly string[]>
      interrupted: boolean
      /** The moments of the answers; absent where no host answered, or a balancer was asked for them. */
      times?: AnswerTimes
    }
  | { type: 'opened'; obligation: string; hosts: readonly string[] }
  | { type: 'closed'; obligation: string; hosts: readonly string[] }
  /**
   * The rollouts of the run have ended. `withinBudget` says that they went through, though not on hosts that were
   * allowed to fail.
   */
  | { type: 'rollouts ended'; passed: boolean; reason: string; withinBudget?: boolean }

/** The result of a line, or of a step after a failure, host by host. */
export type Conclusion =
  | { type: 'verdict'; step: string; line: number; verdict: Verdict }
  | { type: 'undone'; what: string; verdict: Verdict }

/** Entries before which nothing was sent since the last one that is on disk, or that a resumed run finds out again. */
const CAN_WAIT: ReadonlySet<unknown> = new Set<(JournalEntry | Conclusion)['type']>([
  'feature',
  'scenario',
  'scenario passed',
  'order',
  'wave',
  'passed over',
  'verdict',
])

/**
 * Returns whether an entry may reach the disk with the next one. Until then it outlives the process, and not the
 * machine. Requests, replies and a verdict that stops a rollout cannot wait.
 */
export function canWait(entry: object): boolean {
  const { type, passed } = entry as { type?: unknown; passed?: unknown }
  return CAN_WAIT.has(type) && passed !== false
}

/**
 * An append-only record. A reader gets an entry once it is written, and one that cannot wait once it is durable.
 * @throws Error when an entry could not be written: nothing may be sent then
 */
export interface Journal {
  append(entry: JournalEntry | Conclusion): Promise<void>
}
