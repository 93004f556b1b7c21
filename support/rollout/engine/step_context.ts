import type { LockstepError } from '../../system/errors'
import type { JournalEntry } from '../model/journal_entry'
import type { Executor } from './executor'

/** A rollout, as its verbs know it. A verb is unaware of how its rollout carries out what the verb builds. */
export interface StepContext {
  /** Carries out what a verb has built. It may be another for the next line. */
  readonly executor: Executor
  /** Expects the rollout to go on. @throws LockstepError when the rollout has stopped */
  expectGoingOn(): void
  /** Stops the rollout; the first reason is kept. */
  stopAt(reason: LockstepError): void
  /** Returns the hosts that a step is for: those of the wave, or all, without those that failed before. */
  moving(): Promise<readonly string[]>
  /** Returns all hosts, discovering them first if no step has done so. */
  frozen(): Promise<readonly string[]>
  /** Returns the whole roll call: a limited run leaves some of its hosts alone. */
  wholeRollCall(): Promise<readonly string[]>
  /** Appends to the journal. @throws Error when the entry could not be made durable: nothing may be sent then */
  append(entry: JournalEntry): Promise<void>
  /** Tells the audience something beside the verdicts. */
  note(text: string): void
}
