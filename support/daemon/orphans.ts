import { pause, type Clock } from '../system/clock'
import type { CommandRunner } from '../system/command'
import { isSame, sightOf, type ProcessSight } from './processes'
import type { RequestRecord } from './request_record'

const LOOK_EVERY = 250
/** Milliseconds to wait at most: longer than any action may take. */
const MAX_WAIT = 600_000

/** Programs that outlive a daemon: a package manager runs to its end. */
export class LeftBehind {
  private readonly survivors: readonly ProcessSight[]
  private free: Promise<void> | undefined

  constructor(
    private readonly record: RequestRecord,
    private readonly clock: Clock,
  ) {
    this.survivors = record.requests.programs().filter(isSame)
  }

  /** Resolves when the programs of an earlier daemon have ended, or after `MAX_WAIT`. */
  isFree(): Promise<void> {
    this.free ??= this.wait()
    return this.free
  }

  /** Wraps a runner so that every program that outlives this process is written down. */
  running(run: CommandRunner): CommandRunner {
    return async (program, args, limits) => {
      if (limits.outlives !== true) return run(program, args, limits)
      let pid: number | undefined
      const onStart = (number: number) => {
        pid = number
        const reading = sightOf(number)
        // A program that is not written down is at worst not waited for.
        if (reading !== undefined) void this.record.add({ type: 'program', ...reading }).catch(() => {})
      }
      const result = await run(program, args, { ...limits, onStart })
      if (pid !== undefined) await this.record.add({ type: 'gone', pid }).catch(() => {})
      return result
    }
  }

  private async wait(): Promise<void> {
    const until = this.clock.elapsed() + MAX_WAIT
    while (this.survivors.some(isSame) && this.clock.elapsed() < until)
      await pause(this.clock, LOOK_EVERY, NEVER)
    for (const { pid } of this.survivors) await this.record.add({ type: 'gone', pid }).catch(() => {})
  }
}

const NEVER = new AbortController().signal
