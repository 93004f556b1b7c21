import { formatDuration } from '../../system/duration'
import type { Clock } from '../../system/clock'
import { LockstepError } from '../../system/errors'
import type { StepContext } from '../engine/step_context'
import { findWindowFault, isOpen, timeOfDay, wallTime, type TimeWindow } from '../model/time_window'
import type { Approval } from '../ports'

/**
 * The gates that a rollout waits for, or keeps within, before it goes on. A wave that has begun is finished, even after
 * the time is over.
 */
export class Gates {
  /** True when a host may get an older version than it has. */
  downgradesAllowed = true
  private readonly windows = new Map<string, TimeWindow>()
  private longest: number | undefined
  private readonly began: number

  constructor(
    private readonly step: StepContext,
    private readonly clock: Clock,
    private readonly approval: Approval,
  ) {
    this.began = clock.elapsed()
  }

  /**
   * Allows changes only within a window; `days` is what the feature calls the window's days.
   * @throws LockstepError `bad-feature` for a window whose times are ambiguous
   */
  onlyBetween(window: TimeWindow, days: string): void {
    this.step.expectGoingOn()
    const fault = findWindowFault(window.from, window.to)
    if (fault !== undefined) {
      const error = new LockstepError('bad-feature', fault)
      this.step.stopAt(error)
      throw error
    }
    const zone = window.zone === undefined ? '' : ` in ${window.zone}`
    this.windows.set(`${timeOfDay(window.from)} and ${timeOfDay(window.to)} on ${days}${zone}`, window)
    this.expectOpen()
  }

  noLongerThan(ms: number): void {
    this.longest = ms
  }

  /**
   * Expects the windows to be open, and the rollout not to be overdue, before a wave begins.
   * @throws LockstepError `gate-closed`
   */
  expectOpen(): void {
    const now = this.clock.now()
    for (const [said, window] of this.windows) {
      if (!isOpen(window, now))
        this.step.executor.shut(
          `it is ${wallTime(now, window.zone)}, and hosts may change only between ${said}`,
        )
    }
    const overdue = this.overdue()
    if (overdue !== undefined) this.step.executor.shut(overdue)
  }

  /** Returns what is wrong with how long the rollout has taken; undefined when nothing is. */
  overdue(): string | undefined {
    const took = this.clock.elapsed() - this.began
    if (this.longest === undefined || took <= this.longest) return undefined
    return `the rollout has taken ${formatDuration(took)}, and should take no longer than ${formatDuration(this.longest)}`
  }

  async waitForApproval(within: number): Promise<void> {
    await this.step.executor.pass({
      ask: async ({ length }) => {
        const beside = (await this.step.wholeRollCall()).length - (await this.step.frozen()).length
        const limited =
          beside === 0 ? '' : ` The run is limited: ${beside} more of its roll call take no part.`
        const by = await this.approval.ask(`Go on with ${length} hosts?${limited}`, within)
        await this.step.append({ type: 'approved', by })
      },
      wouldAsk: ({ length }) => `approval would be waited for before ${length} hosts`,
    })
  }
}
