import type { FailureBudget } from '../model/failure_budget'

/** The hosts of a rollout, by those who find them and let them move. */
export interface HostSource {
  /** Returns the hosts that were found; undefined before any were looked for. */
  known(): readonly string[] | undefined
  isKnown(host: string): boolean
  /** Returns the hosts, discovering them first if no step has done so. */
  frozen(): Promise<readonly string[]>
  /** The hosts of the roll call that are outside the limit of the run; none before any were looked for. */
  outside(): readonly string[]
  /**
   * Resolves once hosts may be changed: until the first discovery's window is over, strangers may still answer.
   * @throws LockstepError when one has answered
   */
  expectFirstWindowOver(): Promise<void>
  /** Returns the hosts of the wave that moves; undefined while none does. */
  wave(): readonly string[] | undefined
}

/** The hosts that a step is for: those of the wave, or all, without those that failed before. */
export class Scope {
  constructor(
    private readonly hosts: HostSource,
    readonly budget: FailureBudget,
  ) {}

  get known(): readonly string[] {
    return this.hosts.known() ?? []
  }

  /** The hosts of the wave that moves, or all that are known, with those that failed before. */
  get current(): readonly string[] {
    return this.hosts.wave() ?? this.known
  }

  /** The hosts that were found and take no part, since they are outside the limit of the run. */
  get outside(): readonly string[] {
    return this.hosts.outside()
  }

  frozen(): Promise<readonly string[]> {
    return this.hosts.frozen()
  }

  /** Returns the whole roll call, with the hosts that are outside the limit of the run. */
  async wholeRollCall(): Promise<readonly string[]> {
    const within = await this.frozen()
    return this.outside.length === 0 ? within : [...within, ...this.outside]
  }

  async moving(): Promise<readonly string[]> {
    await this.frozen()
    return this.current.filter((host) => !this.budget.isOut(host))
  }
}
