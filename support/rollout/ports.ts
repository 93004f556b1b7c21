import type { UnexpectedMessage } from '../system/unexpected_messages'
import type { Verdict } from './verdict'

/** What a rollout needs from the world. It knows neither cucumber nor MCollective's wire. */

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
  /** `pings` says whether it answered a ping near the end of that time; undefined where it was not pinged. */
  | { kind: 'silent'; waited: number; pings?: boolean }
  | { kind: 'untrusted'; reason: string }

/** Something that came and is nobody's answer; those that fail mean that the fleet is not what it was taken for. */
export type { UnexpectedMessage }

export interface Answers {
  requestId: string
  outcomes: ReadonlyMap<string, Answer>
  unexpected: readonly UnexpectedMessage[]
  /** The connection was lost in between: a silent host may have done what it was told. */
  interrupted: boolean
}

/** Which hosts a rollout is for. All classes and facts have to match, of identities any one; `/…/` is a pattern. */
export interface Selection {
  classes: readonly string[]
  facts: readonly { fact: string; operator: string; value: string }[]
  identities: readonly string[]
  /** Hosts known by name: these and no others. */
  listed: readonly string[] | undefined
  /** Only hosts that run all of these agents answer. */
  agents?: readonly string[]
}

/** An agent that a feature cannot do without, and the first line that needs it. */
export interface NeededAgent {
  agent: string
  line: number
  text: string
}

/** Who should be there, as somebody has written it down. */
export interface ExpectedHosts {
  /** @throws LockstepError `bad-config` when it cannot be read, or cannot tell */
  matching(selection: Selection): Promise<readonly string[]>
}

export interface Fleet {
  discover(
    selection: Selection,
    onFound: (found: number) => void,
  ): Promise<{ hosts: readonly string[]; unexpected: readonly UnexpectedMessage[] }>
  /**
   * Resolves with one answer for each of `hosts`. `beforeSend` has to have resolved before anything is sent; it is called
   * again, with another id, before what only looks is asked again.
   */
  call(request: Request, hosts: readonly string[], watch: CallWatch): Promise<Answers>
}

export interface CallWatch {
  beforeSend: (requestId: string) => Promise<void>
  onProgress: (settled: number, expected: number) => void
}

/** Asks hosts something on behalf of a step, journalled. */
export type Ask = (request: Request, hosts: readonly string[]) => Promise<Answers>

/** How an obligation reaches the world on behalf of a step: the hosts, or something of its own. Journalled either way. */
export interface HostGateway {
  ask: Ask
  /** Does `work` as a request that is on disk before it begins. */
  record(
    request: Request,
    hosts: readonly string[],
    work: () => Promise<ReadonlyMap<string, Answer>>,
  ): Promise<Answers>
  /** @throws LockstepError `interrupted` when the operator asks to stop meanwhile */
  wait(ms: number): Promise<void>
  /** Milliseconds since some fixed moment. */
  elapsed(): number
}

/** What an answer of `look` says of a host: the obligation is open, closed, or neither, and in which words. */
export interface ObligationState {
  isOpen: boolean | undefined
  seen: string
}

/** Something that must be undone on a host, such as a block at a balancer: open until the host is seen to be free of it. */
export interface Obligation {
  /** What is said of a host that it is open on, such as `blocks 192.168.1.1`; the same obligation has the same words in every run. */
  readonly name: string
  /** Whether it can end without anybody lifting it, as when a balancer is restarted: it is looked at before a host is changed. */
  readonly lapses?: boolean
  /** Whether answers to its orders say what was seen afterwards, as a balancer's do, and not what a host claims of itself. */
  readonly ordersAreSeen?: boolean
  putBack(hosts: readonly string[], reach: HostGateway): Promise<Answers>
  look(hosts: readonly string[], reach: HostGateway): Promise<Answers>
  read(answer: Answer): ObligationState
}

/** What takes a host out of the pool and puts it back. */
export interface Balancer extends Obligation {
  /** Whether all hosts may be out at once without a feature saying so: it may not know the whole pool. */
  readonly lastMayGo: boolean
  block(hosts: readonly string[], reach: HostGateway): Promise<Answers>
  /** Lets sessions end first. Absent where that cannot be had. */
  drain?(hosts: readonly string[], reach: HostGateway, how: Draining): Promise<Answers>
  pool(hosts: readonly string[], reach: HostGateway): Promise<readonly PoolMember[]>
  /** What it has served since it was started. Absent where it does not count. */
  requests?(reach: HostGateway): Promise<{ requests: number; failed: number }>
}

export interface Draining {
  /** Milliseconds. */
  within: number
  /** Cuts the sessions that are left then; a host has diverged otherwise. */
  cut: boolean
}

export interface PoolMember {
  name: string
  inService: boolean
  seen: string
}

/** Balancers by what a feature calls them. */
export interface Balancers {
  at(address: string): Balancer
  /** @throws LockstepError `bad-config` when none is configured */
  backend(name: string): Balancer
}

/** Keeps two rollouts that share a host from running at once. @throws LockstepError `locked` when another has some of them */
export interface Locks {
  take(hosts: readonly string[]): Promise<void>
  /** How long another rollout is waited for, ms. */
  patience: number
}

/** Asks a person. Resolves with who said yes. @throws LockstepError `gate-closed` when nobody can be asked, or nobody says yes */
export interface Approval {
  ask(question: string, within: number): Promise<string>
}

/** What a rollout may do that changes nothing: one that plans, or that is in safe mode. */
export interface Planning {
  /** The agent's own rehearsal of a request, where it has one and this run may ask for it. */
  harmless(request: Request): Request | undefined
  /** Whether an action is known to change nothing. */
  onlyLooks(request: Request): boolean
  /** Safe mode ends when the release is activated; a plan stays one. */
  mayBeLeft?: boolean
}

/** What is known of releases: of the one that this run is for, and of others by the record. */
export interface Releases {
  /** What the run itself calls its release. */
  current: string | undefined
  /** Whether the record decides anything: not in a rehearsal, whose hosts are on no record. */
  decide: boolean
  /** By the last run of each of its features, where it passed everywhere, and when; or else why it cannot be said to. */
  passedIn(environment: string, release: string): { run: string; at: string; hosts: number } | { not: string }
  /** Whether it has been here in safe mode, and nothing was wrong then. */
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
      /** Which run of its folder it is; see out_of_rotation.ts. */
      order: number
      resumes?: string
      /** Runs that it brings on or clears up after, beside the one that it resumes. */
      follows?: readonly string[]
      release?: string
      by?: string
      tickets?: readonly string[]
      /** What the feature was given, but for secrets. */
      parameters?: Readonly<Record<string, string>>
      /** The names of scenarios of the feature that it was told not to run, and that are about hosts. */
      leftOut?: readonly string[]
    }
  | { type: 'release'; release: string }
  /** Safe mode was turned off: from here on it is for real. */
  | { type: 'activated'; release: string }
  /** What a line would have done. */
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
  /** `withinBudget`: it went through, though not on hosts that were allowed to fail. */
  | { type: 'end'; passed: boolean; reason: string; withinBudget?: boolean }

/** Those who watch a rollout. */
export interface Audience {
  progress(done: number, expected: number | undefined): void
  verdict(verdict: Verdict): void
  /** What was done after a failure, and what came of it. */
  undone(what: string, verdict: Verdict): void
  note(text: string): void
  /** Safe mode is over for this release. */
  activated(release: string): void
}
