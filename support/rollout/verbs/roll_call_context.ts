import type { LockstepError } from '../../system/errors'
import type { UnexpectedMessage } from '../../system/unexpected_messages'
import type { ConcludeOptions } from '../engine/executor'
import type { FailureBudget } from '../model/failure_budget'
import type { Ask } from '../model/obligation'
import type { Verdict } from '../model/verdict'
import type { RolloutPorts } from '../ports'

/** A rollout, as its roll call knows it: the roll call is there before any other verb knows for which hosts it is. */
export interface RollCallContext {
  readonly ports: Pick<
    RolloutPorts,
    'fleet' | 'inventory' | 'limit' | 'journal' | 'audience' | 'stopping' | 'neededAgents'
  >
  /** The hosts of the run that this one goes on from: they are the roll call then. */
  readonly hostsBefore: readonly string[] | undefined
  /** The hosts of that run's roll call that were outside its limit. */
  readonly outsideBefore: readonly string[]
  /**
   * Expects the hosts that are written down now to be those of that run. `where` is where they are written.
   * @throws LockstepError `bad-input` when they are others
   */
  expectHostsOfBefore(written: readonly string[], where: string): void
  readonly budget: Pick<FailureBudget, 'isOut' | 'putOut'>
  /** True where hosts are only compared with what an earlier run has left. */
  readonly looksForDrift: boolean
  /** The reason why nothing more may be done; undefined when there is none. */
  readonly halted: LockstepError | undefined
  readonly ask: Ask
  expectGoingOn(): void
  stopAt(reason: LockstepError): void
  conclude(verdict: Verdict, options?: ConcludeOptions): Promise<Verdict>
  /** Adds a message that came while nothing waited for it; one that fails makes the next verdict fail. */
  addUnsolicited(message: UnexpectedMessage): void
  /** True when such a message has come since the last verdict, and fails. */
  readonly hasOverheardFailure: boolean
}
