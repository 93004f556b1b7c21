import type { UnexpectedMessage } from '../system/unexpected_messages'
import type { Verdict } from './verdict'

/** The ports of a rollout: what it needs from the world. It knows neither cucumber nor MCollective's wire. */

/** A request to an agent; `changes` says whether a host can be other than before once it is done. */
export interface Request {
  agent: string
  action: string
  inputs: Record<string, string | boolean | number>
  changes: boolean
}

export type Answer =
  | { kind: 'answered'; data: Record<string, unknown> }
  | { kind: 'failed'; message: string; data: Record<string, unknown> }
  /**
   * A host that has not answered for `waited` milliseconds. `pings` says whether it answered a ping near the end of
   * that time; undefined where it was not pinged.
   */
  | { kind: 'silent'; waited: number; pings?: boolean }
  | { kind: 'untrusted'; reason: string }

/** A message that is no host's answer. One that fails means that the fleet is not what it was taken for. */
export type { UnexpectedMessage }

export interface Answers {
  requestId: string
  outcomes: ReadonlyMap<string, Answer>
  unexpected: readonly UnexpectedMessage[]
  /** True when the connection was lost in between: a silent host may have done what it was told. */
  interrupted: boolean
}

/** The hosts that a rollout is for. All classes and facts have to match, of identities any one; `/…/` is a pattern. */
export interface Selection {
  classes: readonly string[]
  facts: readonly { fact: string; operator: string; value: string }[]
  identities: readonly string[]
  /** The hosts known by name: these and no others. */
  listed: readonly string[] | undefined
  /** The agents without all of which a host does not answer. */
  agents?: readonly string[]
}

/** An agent that a feature cannot do without, and the first line that needs it. */
export interface NeededAgent {
  agent: string
  line: number
  text: string
}

/** The hosts that should be there, as they are written down. */
export interface ExpectedHosts {
  /**
   * Resolves with the expected hosts of a selection.
   * @throws LockstepError `bad-config` when it cannot be read, or cannot tell
   */
  matching(selection: Selection): Promise<readonly string[]>
}

export interface Fleet {
  /**
   * Resolves with the hosts that answer within the discovery window. With `enough` it resolves once those hosts have
   * answered, and the window goes on beside what follows.
   */
  discover(selection: Selection, onFound: (found: number) => void, enough?: EnoughHosts): Promise<Discovered>
  /**
   * Resolves with one answer for each of `hosts`. `beforeSend` has to have resolved before anything is sent. It is
   * called again, with another id, before a request that only looks is sent again.
   */
  call(request: Request, hosts: readonly string[], watch: CallWatch): Promise<Answers>
}

/** The hosts with whose answers a discovery ends before its window does. */
export interface EnoughHosts {
  /** The hosts that have to answer; at least one. */
  hosts: readonly string[]
  /** Called with each other host that answers between the end of the discovery and that of its window. */
  onLater: (host: string) => void
  /** Called with each message of that time that is no host's answer. */
  onUnexpected: (message: UnexpectedMessage) => void
}

export interface Discovered {
  hosts: readonly string[]
  unexpected: readonly UnexpectedMessage[]
  /** Settles with the end of a window that is still open; nobody has to listen to it. Absent where none is open. */
  window?: Promise<void>
}

export interface CallWatch {
  beforeSend: (requestId: string) => Promise<void>
  onProgress: (settled: number, expected: number) => void
}

/** Asks hosts something on behalf of a step, journalled. */
export type Ask = (request: Request, hosts: readonly string[]) => Promise<Answers>

/**
 * The way of an obligation to the world for a step: to the hosts, or to something of its own. Both ways are journalled.
 */
export interface HostGateway {
  ask: Ask
  /** Does `work` as a request that is on disk before it begins. */
  record(
    request: Request,
    hosts: readonly string[],
    work: () => Promise<ReadonlyMap<string, Answer>>,
  ): Promise<Answers>
  /** Waits for `ms` milliseconds. @throws LockstepError `interrupted` when the operator asks to stop meanwhile */
  wait(ms: number): Promise<void>
  /** Returns the milliseconds since some fixed moment. */
  elapsed(): number
}

/** The state of an obligation on a host, by an answer of `look`: open, closed or neither, and its words. */
export interface ObligationState {
  isOpen: boolean | undefined
  seen: string
}

/**
 * A state that must be undone on a host, such as a block at a balancer. It is open until the host is seen to be free of
 * it.
 */
export interface Obligation {
  /**
   * The words for a host that it is open on, such as `blocks 192.168.1.1`. The same obligation has the same words in
   * every run.
   */
  readonly name: string
  /**
   * True when it can end without being put back, as when a balancer is restarted. It is looked at before a host is
   * changed.
   */
  readonly lapses?: boolean
  /**
   * True when answers to its orders say what was seen afterwards, as a balancer's do. Other answers are what a host
   * claims of itself.
   */
  readonly ordersAreSeen?: boolean
  putBack(hosts: readonly string[], reach: HostGateway): Promise<Answers>
  look(hosts: readonly string[], reach: HostGateway): Promise<Answers>
  read(answer: Answer): ObligationState
}

/** A balancer takes a host out of the pool and puts it back. */
export interface Balancer extends Obligation {
  /** True when all hosts may be out at once without a feature saying so. It may not know the whole pool. */
  readonly lastMayGo: boolean
  block(hosts: readonly string[], reach: HostGateway): Promise<Answers>
  /** Takes hosts out, and lets sessions end first. Absent where that cannot be had. */
  drain?(hosts: readonly string[], reach: HostGateway, how: Draining): Promise<Answers>
  pool(hosts: readonly string[], reach: HostGateway): Promise<readonly PoolMember[]>
  /** Resolves with the requests that it has served since it was started. Absent where it does not count. */
  requests?(reach: HostGateway): Promise<{ requests: number; failed: number }>
}

export interface Draining {
  /** Milliseconds that sessions have to end. */
  within: number
  /** True when the sessions that are left then are cut; a host has diverged otherwise. */
  cut: boolean
}

export interface PoolMember {
  name: string
  inService: boolean
  seen: string
}

/** The balancers by what a feature calls them. */
export interface Balancers {
  at(address: string): Balancer
  /** Returns the balancer of a backend. @throws LockstepError `bad-config` when none is configured */
  backend(name: string): Balancer
}

/**
 * The locks that keep two rollouts that share a host from running at once.
 * @throws LockstepError `locked` when another has some of them
 */
export interface Locks {
  take(hosts: readonly string[]): Promise<void>
  /** Milliseconds that another rollout is waited for. */
  patience: number
}

/**
 * The approval of a person; `ask` resolves with who said yes.
 * @throws LockstepError `gate-closed` when nobody can be asked, or nobody says yes
 */
export interface Approval {
  ask(question: string, within: number): Promise<string>
}

/** The permissions of a rollout that changes nothing: one that plans, or one that is in safe mode. */
export interface Planning {
  /** Returns the agent's own rehearsal of a request, where it has one and this run may ask for it. */
  harmless(request: Request): Request | undefined
  /** Returns whether an action is known to change nothing. */
  onlyLooks(request: Request): boolean
  /** True in safe mode, which ends when the release is activated; a plan stays one. */
  mayBeLeft?: boolean
}

/** The knowledge of releases: of the one that this run is for, and of others by the record. */
export interface Releases {
  /** The name that the run itself gives its release. */
  current: string | undefined
  /** True when the record decides anything; false in a rehearsal, whose hosts are on no record. */
  decide: boolean
  /**
   * Returns the run and its time when a release passed everywhere, by the last run of each of its features. Otherwise
   * returns why it cannot be said to have passed.
   */
  passedIn(environment: string, release: string): { run: string; at: string; hosts: number } | { not: string }
  /** Returns whether a release has been here in safe mode, and nothing was wrong then. */
  hasArrived(release: string): boolean
}

/** An append-only record. @throws Error when an entry could not be made durable: nothing may be sent then */
export interface Journal {
  append(entry: JournalEntry): Promise<void>
}

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
      by?: string
      tickets?: readonly string[]
      /** The parameters that the feature was given, but for secrets. */
      parameters?: Readonly<Record<string, string>>
      /** The names of scenarios of the feature that are about hosts and that it was told not to run. */
      leftOut?: readonly string[]
    }
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
  | { type: 'scenario'; unit: string; name: string }
  | { type: 'scenario passed'; unit: string }
  | { type: 'order'; seed: number }
  | { type: 'wave'; name: string; hosts: readonly string[] }
  | { type: 'out'; hosts: readonly string[] }
  | { type: 'had'; package: string; versions: Record<string, readonly string[]> }
  | { type: 'became'; package: string; versions: Record<string, readonly string[]> }
  | { type: 'claimed'; step: string; line: number }
  | { type: 'approved'; by: string }
  | { type: 'locked'; hosts: number; takes: readonly string[]; reason: string }
  /** Hosts are about to be told to go back to the version they had. */
  | { type: 'restoring'; package: string; hosts: readonly string[] }
  | { type: 'undone'; what: string; passed: boolean; counts: Record<string, number> }
  | { type: 'roll call'; hosts: readonly string[] }
  | {
      type: 'asked'
      step: string
      line: number
      requestId: string
      agent: string
      action: string
      inputs: Request['inputs']
      changes: boolean
      hosts: readonly string[]
    }
  | { type: 'answered'; requestId: string; outcomes: Record<string, readonly string[]>; interrupted: boolean }
  | { type: 'opened'; obligation: string; hosts: readonly string[] }
  | { type: 'closed'; obligation: string; hosts: readonly string[] }
  | { type: 'verdict'; step: string; passed: boolean; counts: Record<string, number> }
  /** The end of the run. `withinBudget` says that it went through, though not on hosts that were allowed to fail. */
  | { type: 'end'; passed: boolean; reason: string; withinBudget?: boolean }

/** The audience that watches a rollout. */
export interface Audience {
  progress(done: number, expected: number | undefined): void
  verdict(verdict: Verdict): void
  /** Tells what was done after a failure, and what came of it. */
  undone(what: string, verdict: Verdict): void
  note(text: string): void
  /** Tells that safe mode is over for this release. */
  activated(release: string): void
}
