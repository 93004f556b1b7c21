import { pause, type Clock } from '../system/clock'
import type { CommandRunner } from '../system/command'
import { ActionFailed } from '../rpc/server/agent'
import { isSame, programName, sightOf, type ProcessSight } from './processes'
import type { RequestRecord } from './request_record'

const LOOK_EVERY = 250

interface Waiting {
  readonly signal: AbortSignal
}

/**
 * Programs that outlive a daemon: a package manager runs to its end. However long that takes, nothing is done beside
 * it: a second one would change what the first is in the middle of.
 */
export class OrphanPrograms {
  private readonly survivors: readonly ProcessSight[]
  private areNoted = false

  constructor(
    private readonly record: RequestRecord,
    private readonly clock: Clock,
  ) {
    this.survivors = record.requests.programs().filter(isSame)
  }

  /**
   * Resolves when the programs of an earlier daemon have ended.
   * @throws ActionFailed when the signal of what waits is aborted before that
   */
  async untilFree(waiting: Waiting = NEVER): Promise<void> {
    for (;;) {
      const running = this.survivors.filter(isSame)
      if (running.length === 0) break
      try {
        await pause(this.clock, LOOK_EVERY, waiting.signal)
      } catch {
        throw stillRunning(running)
      }
    }
    if (this.areNoted) return
    this.areNoted = true
    for (const { pid } of this.survivors) await this.record.add({ type: 'gone', pid }).catch(() => {})
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
}

function stillRunning(programs: readonly ProcessSight[]): ActionFailed {
  const named = programs.map(({ pid }) => `process ${pid} (${programName(pid)})`).join(', ')
  const what = programs.length === 1 ? 'a program that is still running' : 'programs that are still running'
  return new ActionFailed(
    `An earlier daemon of this host has started ${what}: ${named}. Nothing is done beside it and nothing was done; ask again once it has ended, or look at the host and end it`,
    {},
    5,
  )
}

const NEVER: Waiting = { signal: new AbortController().signal }
