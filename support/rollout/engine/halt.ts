import { LockstepError } from '../../system/errors'

/** The end of a rollout before its last line: it stops once, and for the first reason that is given. */
export class Halt {
  private first: LockstepError | undefined

  /** `stopping` aborts when the operator asks to stop. */
  constructor(private readonly stopping: AbortSignal) {}

  /** The reason why nothing more may be done; undefined when there is none. */
  get reason(): LockstepError | undefined {
    return this.first
  }

  stopAt(reason: LockstepError): void {
    this.first ??= reason
  }

  /** Expects the rollout to go on. @throws LockstepError when the rollout has stopped */
  expectGoingOn(): void {
    if (this.first === undefined && this.stopping.aborted)
      this.first = new LockstepError('interrupted', 'not attempted: the operator asked to stop')
    if (this.first !== undefined) throw this.first
  }
}
