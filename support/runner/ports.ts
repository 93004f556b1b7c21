import type { BuildOutcome } from '../pipeline/build'
import type { ReportedOutput, RunnerOrder, RunnerReport } from '../pipeline/runner_report'

/** An order that this runner, and no other, has. */
export interface TakenOrder {
  order: RunnerOrder
  /** Takes the order off its queue for good. Without it, the end of the connection gives the order back. */
  acknowledge(): Promise<void>
  /** Ends the connection that the order came over. */
  close(): Promise<void>
}

/** The queues of the repositories that a runner builds. */
export interface OrderSource {
  /** Resolves with the next order that can be believed; undefined when the signal is aborted first. */
  take(signal: AbortSignal): Promise<TakenOrder | undefined>
}

/** The queue of reports. */
export interface ReportSink {
  /**
   * Resolves once a broker has confirmed a report. It waits for as long as there is no broker.
   * @throws Error when nobody knows whether a broker has it
   */
  publish(report: RunnerReport, signal: AbortSignal): Promise<void>
}

/** The reports of ends, on the disk of this runner. */
export interface ReportStore {
  find(build: string): EndReport | undefined
  add(report: EndReport): void
  /** The reports that no broker has confirmed, the oldest first. */
  readonly unconfirmed: readonly EndReport[]
  confirm(build: string): void
}

export type EndReport = Extract<RunnerReport, { event: 'ended' }>

/** The end of a build on this machine. */
export type LocalBuild = BuildOutcome & { output: ReportedOutput }

export type BuildHere = (order: RunnerOrder, signal: AbortSignal) => Promise<LocalBuild>
