import { formatDuration } from '../../system/duration'
import { LockstepError } from '../../system/errors'
import type { Rollout } from '../rollout'
import { isOpen, timeOfDay, wallTime, type TimeWindow } from '../model/time_window'

/**
 * The gates that a rollout waits for, or keeps within, before it goes on. A wave that has begun is finished, whatever
 * the clock says.
 */
export class Gates {
  /** True when a host may get an older version than it has. */
  downgradesAllowed = true
  private readonly windows = new Map<string, TimeWindow>()
  private longest: number | undefined
  private readonly began: number

  constructor(private readonly rollout: Rollout) {
    this.began = rollout.ports.clock.elapsed()
  }

  /** Allows changes only within a window; `days` is what the feature calls the window's days. */
  onlyBetween(window: TimeWindow, days: string): void {
    this.rollout.expectGoingOn()
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
    const now = this.rollout.ports.clock.now()
    for (const [said, window] of this.windows) {
      if (!isOpen(window, now))
        this.close(`it is ${wallTime(now, window.zone)}, and hosts may change only between ${said}`)
    }
    const overdue = this.overdue()
    if (overdue !== undefined) this.close(overdue)
  }

  /** Returns what is wrong with how long the rollout has taken; undefined when nothing is. */
  overdue(): string | undefined {
    const took = this.rollout.ports.clock.elapsed() - this.began
    if (this.longest === undefined || took <= this.longest) return undefined
    return `the rollout has taken ${formatDuration(took)}, and should take no longer than ${formatDuration(this.longest)}`
  }

  async waitForApproval(within: number): Promise<void> {
    this.rollout.expectGoingOn()
    if (this.rollout.scenarioCheckpoint !== undefined) return
    const hosts = await this.rollout.moving()
    const { approval, audience, journal } = this.rollout.ports
    this.rollout.planState?.use()
    if (this.rollout.planState !== undefined)
      return audience.note(`approval would be waited for before ${hosts.length} hosts`)
    try {
      const by = await approval.ask(`Go on with ${hosts.length} hosts?`, within)
      await journal.append({ type: 'approved', by })
    } catch (error) {
      if (error instanceof LockstepError) this.rollout.stopAt(error)
      throw error
    }
  }

  /**
   * Stops the rollout, but not a plan. A plan is made at any time: what would stop it then is noted, and decides
   * nothing.
   */
  private close(why: string): void {
    this.rollout.planState?.use()
    if (this.rollout.planState !== undefined) return this.rollout.ports.audience.note(`not now: ${why}`)
    const error = new LockstepError('gate-closed', `${why}; no host was touched since`)
    this.rollout.stopAt(error)
    throw error
  }
}
