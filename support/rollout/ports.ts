/** The ports of a rollout: what it needs from the world. It knows neither cucumber nor the wire of MCollective. */

import type { Clock } from '../system/clock'
import type { Redact } from '../system/redaction'
import type { UnexpectedMessage } from '../system/unexpected_messages'
import type { TellWait } from '../system/wait'
import type { Answers, Request } from './model/answers'
import type { Checkpoint } from './model/checkpoint'
import type { Journal } from './model/journal_entry'
import type { Limit } from './model/limit'
import type { Ledger } from './model/ledger'
import type { MetricSeries, MetricWindow } from './model/metric_judgement'
import type { RecordedMetric } from './model/recorded_metrics'
import type { HostGateway, Obligation } from './model/obligation'

/** The hosts that a rollout is for. All classes and facts have to match, of identities any one; `/…/` is a pattern. */
export interface Selection {
  classes: readonly string[]
  facts: readonly { fact: string; operator: string; value: string }[]
  identities: readonly string[]
  /** The hosts known by name: these and no others. */
  listed: readonly string[] | undefined
  /** The agents without all of which a host does not answer. */
  agents?: readonly string[]
  /** The environment that the inventory has to give them. Hosts themselves are not asked for it. */
  environment?: string
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
  /** Resolves with the hosts that are not of an environment by their row, each with the one that it is of; empty for none. */
  outsideOf(environment: string): Promise<ReadonlyMap<string, string>>
}

export interface Fleet {
  /**
   * Resolves with the hosts that answer within the discovery window. With `enough` it resolves once those hosts have
   * answered, and the window goes on beside what follows.
   */
  discover(selection: Selection, tellWait: TellWait, enough?: EnoughHosts): Promise<Discovered>
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
  /** Settles with the end of a window that is still open. The caller may ignore it. Absent where none is open. */
  window?: Promise<void>
}

export interface CallWatch {
  beforeSend: (requestId: string) => Promise<void>
  /** Throws where the request may not go out any more, as when it waited for a way to the hosts. */
  expectAllowed?: (() => void) | undefined
  /** Tells for whose answers the call waits. */
  tellWait: TellWait
  /** Called once for each host, at the moment when its answer is there. */
  onAnswer?: () => void
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

/** The downtimes of hosts in the monitoring systems: nothing alerts about a host that has one. */
export interface Downtimes extends Obligation {
  /** Begins a downtime that ends by itself after `forMs` milliseconds. */
  begin(hosts: readonly string[], forMs: number, reach: HostGateway): Promise<Answers>
  /** Ends the downtimes of hosts that monitoring sees back within `within` milliseconds, by checks made since. */
  end(hosts: readonly string[], within: number, reach: HostGateway): Promise<Answers>
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
  /**
   * Returns the balancer of a backend: of HAProxy, or of a kind that a team has written. Without a kind there has to be
   * only one of that name.
   * @throws LockstepError `bad-config` when none is configured
   */
  backend(name: string, kind?: string): Balancer
}

/**
 * The locks that keep two rollouts that share a host from running at once.
 * @throws LockstepError `locked` when another has some of them
 */
export interface Locks {
  /** Takes the locks of hosts. Nothing is sent to hosts `beside`, and no other rollout may have them at the same time. */
  take(hosts: readonly string[], beside?: readonly string[]): Promise<void>
  /** Checks that what was taken is still this run's. @throws LockstepError `lock-failed` when another may have it */
  expectOwned(): void
  /** Milliseconds that another rollout is waited for. */
  patience: number
}

/**
 * The approval of a person; `ask` resolves with who said yes.
 * @throws LockstepError `gate-closed` when there is no person to ask, or none approves
 */
export interface Approval {
  ask(question: string, within: number): Promise<string>
}

/** The permissions of a rollout that changes nothing: one that plans, or one that is in safe mode. */
export interface Planning {
  /** Returns the agent's own rehearsal of a request, where it has one and this run may ask for it. */
  asNoop(request: Request): Request | undefined
  /** Returns whether an action is known to change nothing. */
  isReadOnly(request: Request): boolean
  /** True in safe mode, which ends when the release is activated; a plan stays one. */
  mayBeLeft?: boolean
}

/** The knowledge of releases: of the one that this run is for, and of others by the history. */
export interface Releases {
  /** The name that the run itself gives its release. */
  current: string | undefined
  /** True when the history decides anything; false in a rehearsal, whose hosts are in no history. */
  decides: boolean
  /** Reads what other control hosts have shared, where they do. It comes before the questions below. */
  catchUp?(): Promise<void>
  /**
   * Returns the run and its time when a release passed everywhere, by the last run of each of its features. Otherwise
   * returns why it cannot be said to have passed.
   */
  passedIn(environment: string, release: string): { run: string; at: string; hosts: number } | { not: string }
  /** Returns whether a release has been here in safe mode, and nothing was wrong then. */
  hasArrived(release: string): boolean
  /**
   * Returns what a release managed on hosts by puppet, by the catalogs of its runs here. Otherwise returns why that is
   * not known. Absent where no history is read.
   */
  managedBy?(release: string): ManagedBefore | { not: string }
}

/** The resources that a release managed on hosts. */
export interface ManagedBefore {
  /**
   * Returns all that the runs of the release managed on a host; undefined where no run of it there is recorded. Otherwise
   * returns why that is not known of one of them.
   */
  of(host: string): ReadonlySet<string> | { not: string } | undefined
}

/** The tests of commits, as `lockstep serve` has recorded them. */
export interface CommitTests {
  /** True when the record decides anything; false where hosts, and so their commits, are simulated. */
  decides: boolean
  /** Returns the build in which a commit has passed its tests. Otherwise returns why it cannot be said to have. */
  passed(repository: string, commit: string): { build: string } | { not: string }
}

/** The metrics of a Prometheus. A fault of its own, such as one that is away, is a `ControlHostFault`. */
export interface Metrics {
  /** Milliseconds that a sample may be old while it counts. */
  staleAfterMs: number
  /** Resolves with the time by Prometheus's own clock, in milliseconds since 1970. @throws ControlHostFault */
  now(): Promise<number>
  /** Resolves with why Prometheus cannot read a query; undefined where it can. It computes no value. @throws ControlHostFault */
  faultOf(query: string): Promise<string | undefined>
  /** Resolves with the metrics that its own rules record. @throws ControlHostFault */
  recorded(): Promise<readonly RecordedMetric[]>
  /** Resolves with the values at each moment of a window. @throws ControlHostFault */
  valuesOf(query: string, window: MetricWindow): Promise<readonly MetricSeries[]>
}

/** A sentence without a subject, such as `cannot be reached: nobody listens there`. */
export class ControlHostFault extends Error {}

/** The world outside of the fleet, as the control host sees it. */
export interface ControlHost {
  /** True when looks decide anything; false where hosts are simulated, and nothing is looked at. */
  decides: boolean
  /** Returns the metrics of the environment. @throws LockstepError `bad-config` where it names no Prometheus */
  metrics(): Metrics
  /** Resolves with the status that a URL answers. No redirect is followed. @throws ControlHostFault */
  statusOf(url: string, withinMs: number): Promise<number>
}

/** The audience that watches a rollout, beside its journal. It never affects the rollout. */
export interface Audience {
  /** Tells what the rollout waits for. */
  tellWait: TellWait
  note(text: string): void
}

/** All that a rollout needs from the world. */
export interface RolloutPorts {
  fleet: Fleet
  /**
   * The hosts that should be there. Undefined where that is written nowhere: the hosts that are discovered are then
   * meant.
   */
  inventory: ExpectedHosts | undefined
  /** The hosts of the roll call that the rollout is limited to; all of them where it is left out. */
  limit?: Limit
  journal: Journal
  audience: Audience
  clock: Clock
  balancers: Balancers
  /**
   * Returns the downtimes in the monitoring of the environment.
   * @throws LockstepError `bad-config` where there is none that takes downtimes
   */
  downtimes: () => Downtimes
  locks: Locks
  approval: Approval
  /** The ledger of what is out of the pool, shared by all rollouts of a run. */
  ledger: Ledger
  /** Returns an id for what is recorded and was not sent over the fleet's wire. */
  newId: () => string
  newSeed: () => number
  /** Takes secrets out of what others have said, before it is shown or cut. */
  redact: Redact
  /** Milliseconds between two checks of a step that waits. */
  lookEvery: number
  /**
   * The signal that aborts when the operator asks to stop. What is under way is finished, what waits is not waited for.
   */
  stopping: AbortSignal
  /** The checkpoint of the run that this one resumes. */
  checkpoint: Checkpoint | undefined
  /** The permissions where nothing may be changed: what lines would do is planned, and not done. */
  planning?: Planning
  releases: Releases
  /** The commits that an approved plan has bound tags to, by `repository tag`; nothing else may be deployed as them. */
  plannedTags?: ReadonlyMap<string, string>
  tests: CommitTests
  controlHost: ControlHost
  /**
   * True when earlier versions are asked for and written down for a named release, though nothing else depends on them.
   */
  keepsHistory?: boolean
  /**
   * The agents that lines of the feature cannot do without. Hosts that lack one are found before any host is touched.
   */
  neededAgents?: readonly NeededAgent[]
}
