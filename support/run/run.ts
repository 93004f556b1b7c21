import type { LintFinding } from '../lint/finding'
import type { Audience } from '../rollout/ports'
import type { Clock } from '../system/clock'
import type { LockstepError } from '../system/errors'
import { tellWhile, type TellWait, type Wait } from '../system/wait'
import { redactNothing, redactor, type Redact } from '../system/redaction'
import { mayGoOn } from '../rollout/model/verdict'
import type { LineCourse, Omission } from './account'
import { EVENTS_VERSION, type OwnEvent } from './events'
import { EventStream } from './event_stream'
import type { Mode } from './modes'
import type { RunParameters } from './parameters'
import { eventRedactor } from './redacted_event'
import { newRunId } from './run_id'
import type { FaultTable } from './rehearsed'
import type { Invocation, Line, PlannedScenario, Remark } from './run_parts'
import type { RunState } from './run_state'
import type { Outcome, ScenarioKey } from './scenario_runs'
import type { SubstitutedValues } from './substituted_values'

/** The features of a run as they were read, before anything of them is run. */
export interface ReadFeatures {
  scenarios: readonly PlannedScenario[]
  remarks: readonly Remark[]
  /** The findings of the linter; only the profile `ci` asks the linter. */
  findings: readonly LintFinding[]
  faultTables: readonly FaultTable[]
  /** The names of scenarios that are about hosts and were left out of the run, by their feature. */
  leftOut: ReadonlyMap<string, readonly string[]>
  /** The texts of the features as cucumber has read them, by their path. */
  sources: ReadonlyMap<string, string>
  /** The values of `<name>` in the features, and the parameters of the run that they were read for. */
  substitution: { of: SubstitutedValues; parameters: RunParameters } | undefined
}

/** The features of a run that is of none. */
export const NOTHING_READ: ReadFeatures = {
  scenarios: [],
  remarks: [],
  findings: [],
  faultTables: [],
  leftOut: new Map(),
  sources: new Map(),
  substitution: undefined,
}

/** The result of a line, as cucumber has it. */
interface EndedLine extends LineCourse {
  /** The reason why the line did not pass. */
  message?: string | undefined
}

const MAX_MESSAGE = 20_000

/** The facts that a run has as soon as it is put together. */
export type Beginning = Omit<Extract<OwnEvent, { type: 'began' }>, 'type'>

/**
 * A run under way: it writes events to its stream, and its state is what they add up to. The run is unaware of how a
 * rollout is carried out.
 */
export class Run implements Audience {
  readonly stream: EventStream
  readonly stopping = new AbortController()
  private read: ReadFeatures = NOTHING_READ
  private secretless: Redact = redactNothing
  private readonly startedAt: number

  constructor(
    private readonly clock: Clock,
    readonly id = newRunId(clock),
  ) {
    this.stream = new EventStream(clock)
    this.startedAt = clock.elapsed()
  }

  get state(): RunState {
    return this.stream.state
  }

  /** The features as they were read; none of a run that cucumber does not run. */
  get features(): ReadFeatures {
    return this.read
  }

  /** Hides secrets in a text; effective once the configuration is read. */
  get redact(): Redact {
    return this.secretless
  }

  get mode(): Mode {
    return this.state.mode
  }

  get exitCode(): number {
    return this.state.exitCode
  }

  /** True when the run cannot go on: it failed, was refused, or the operator asked to stop. */
  get hasStopped(): boolean {
    return this.state.hasStopped || this.stopping.signal.aborted
  }

  /** Says which features were read, and how the run was called. */
  beginReading(features: ReadFeatures, invocation: Invocation): void {
    this.read = features
    const { scenarios, remarks, substitution } = features
    const uris = [...new Set(scenarios.map(({ uri }) => uri))]
    const variables = uris.map(
      (uri) => [uri, Object.fromEntries(substitution?.of.plainIn(uri) ?? [])] as const,
    )
    this.stream.appendNow({
      type: 'read',
      version: EVENTS_VERSION,
      run: this.id,
      invocation,
      scenarios,
      remarks,
      variables: Object.fromEntries(variables),
    })
  }

  /** Hides these secrets in everything that the run says, and has said. */
  conceal(secrets: readonly string[]): void {
    this.secretless = redactor(secrets)
    this.stream.conceal(eventRedactor(secrets), this.secretless)
  }

  /** Says where the run goes, and from what it goes on. */
  begin(beginning: Beginning): void {
    this.stream.appendNow({ type: 'began', ...beginning })
  }

  changeMode(mode: Mode): void {
    if (mode !== this.state.mode) this.stream.appendNow({ type: 'mode', mode })
  }

  beginScenario(scenario: ScenarioKey): void {
    this.stream.appendNow({ type: 'scenario began', ...scenario })
  }

  endScenario(outcome: Outcome, took: number): void {
    this.stream.appendNow({ type: 'scenario ended', outcome, took })
  }

  beginLine({ uri, scenarioId, line, text }: Line): void {
    this.stream.appendNow({ type: 'line', uri, scenarioId, line, text })
  }

  /** Says what cucumber makes of a line; `took` is in milliseconds. */
  endLine({ uri, scenarioId }: ScenarioKey, line: number, { status, took, message }: EndedLine): void {
    const { currentVerdict } = this.state
    // The verdict says so for hosts that did not pass.
    const isOwn = status !== 'SKIPPED' && (currentVerdict === undefined || mayGoOn(currentVerdict))
    const why = isOwn && message !== undefined ? { message: message.slice(0, MAX_MESSAGE) } : {}
    this.stream.appendNow({ type: 'line ended', uri, scenarioId, line, status, took, ...why })
  }

  /** Tells listeners that something is waited for, until the returned function is called. No journal has it. */
  readonly tellWait: TellWait = (wait) => {
    this.stream.announce({ type: 'waiting', wait })
    return () => this.stream.announce({ type: 'waited', wait })
  }

  /** Tells a wait for as long as a work lasts. */
  tellWhile<T>(wait: Wait, work: () => Promise<T>): Promise<T> {
    return tellWhile(this.tellWait, wait, work)
  }

  note(text: string): void {
    if (!this.state.hasEnoughNotes) this.stream.appendNow({ type: 'note', text })
  }

  /** Notes that the current line failed though its verdict does not say so. */
  fault(message: string): void {
    this.stream.appendNow({ type: 'fault', ...this.state.current, message })
  }

  /** Fails the run for a line that was not carried out, where no failure says so. */
  omit(omission: Omission): void {
    this.stream.appendNow({ type: 'omission', ...omission })
  }

  /** Fails the run for a hook of the team that failed, even if all hosts passed. */
  hookFailed(message: string): void {
    this.stream.appendNow({ type: 'hook failed', message })
  }

  fail(): void {
    if (!this.state.hasFailed) this.stream.appendNow({ type: 'failed' })
  }

  /** Notes why the run could not be, or cannot go on; the first reason stays. */
  refuse({ code, message }: LockstepError): void {
    if (this.state.refused === undefined) this.stream.appendNow({ type: 'refused', code, message })
  }

  /** Stops the run as the operator asks to. */
  interrupt(): void {
    if (!this.state.isInterrupted) this.stream.appendNow({ type: 'interrupted' })
    this.stopping.abort()
  }

  /** Says that the run is over, and what it came to. What is said afterwards can only make that worse. */
  end(): void {
    if (this.state.ended !== undefined) return
    const took = this.clock.elapsed() - this.startedAt
    this.stream.appendNow({ type: 'ended', exitCode: this.exitCode, took })
    this.stream.settleNow()
  }
}

/** Returns an id for a run: the time at which it begins, in UTC, and some digits of its own. */
