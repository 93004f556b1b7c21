import type { Act } from '../../people/person'
import type { Clock } from '../../system/clock'
import { pause } from '../../system/clock'
import { FollowedRun } from '../live/followed_run'
import { listRunJournals } from '../live/run_journals'
import { standingOf, type ProcessSurroundings, type Standing } from '../live/run_process'
import { RunSummaries, type RunSummary } from '../live/run_summaries'

export interface StandingSurroundings extends ProcessSurroundings {
  /** Returns the user of a process; undefined for one that is gone. */
  userOf(pid: number): number | undefined
  /** Returns whether a process has a file open. */
  hasOpen(pid: number, path: string): boolean
  /** Sends SIGINT to a process. @throws Error of the system */
  interrupt(pid: number): void
  /** The number of the user of this process. */
  user: number
}

/** A run that a person may look at, as its journal and its process tell it now. */
export interface StandingRun {
  run: string
  environment: string
  followed: FollowedRun
  standing: Standing
}

/** Milliseconds for which an act waits until the journal of its run says that it has come there. */
const WITHIN_MS = 5_000
const LOOK_EVERY_MS = 200

/** Finds the runs that acts are about. A request chooses one of those that are there, and never says a path. */
export class StandingRuns {
  private readonly summaries: RunSummaries

  constructor(
    private readonly state: string,
    readonly surroundings: StandingSurroundings,
    private readonly clock: Clock,
  ) {
    this.summaries = new RunSummaries(surroundings)
  }

  /** Resolves with a run; undefined where it is not there, or the person may not look at it. */
  async find(
    wanted: string,
    may: (act: Act, environment: string) => boolean,
  ): Promise<StandingRun | undefined> {
    const journal = listRunJournals(this.state).find(({ run }) => run === wanted)
    if (journal === undefined) return undefined
    const environment = await this.summaries.environmentOf(journal)
    if (environment === undefined || !may('look', environment)) return undefined
    const followed = new FollowedRun(journal.path, journal.name, journal.run)
    await readAll(followed)
    const standing = await standingOf(followed.process, this.surroundings)
    await readAll(followed)
    if (followed.hasSaidItsEnd && !followed.hasRest) {
      if (standing !== 'alive') followed.end()
    } else if (!followed.isClosed) followed.judge(standing)
    const { state } = followed.view
    return state.environment === environment
      ? { run: journal.run, environment, followed, standing }
      : undefined
  }

  /** Resolves with what a run came to, in a line; undefined where it has no journal. */
  async summaryOf(wanted: string): Promise<RunSummary | undefined> {
    const journal = listRunJournals(this.state).find(({ run }) => run === wanted)
    return journal && this.summaries.of(journal)
  }

  /** Resolves with whether the journal of a run says something within a few seconds. */
  async says({ followed }: StandingRun, test: () => boolean, signal: AbortSignal): Promise<boolean> {
    const until = this.clock.elapsed() + WITHIN_MS
    for (;;) {
      await readAll(followed)
      if (test()) return true
      if (this.clock.elapsed() >= until || signal.aborted) return false
      await pause(this.clock, LOOK_EVERY_MS, signal).catch(() => {})
    }
  }
}

async function readAll(followed: FollowedRun): Promise<void> {
  while (followed.read()) await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Returns why the process of a run is not surely known to be the one that its journal names; undefined where it is: it is on this
 * machine, of this user, as old as the run, and has the journal open.
 */
export function whyNotItsProcess(
  { followed }: StandingRun,
  { machine, now, startedAt, userOf, hasOpen, user }: StandingSurroundings,
): string | undefined {
  const { pid, by, beganAt } = followed.process
  if (!by.endsWith(`@${machine}`)) return `it runs as ${by || 'an unknown user'}, and not on this machine`
  if (pid === undefined) return 'its process is not known yet'
  const started = startedAt(pid, now())
  if (started === undefined) return 'its process is gone'
  if (userOf(pid) !== user) return `it runs as ${by}, another user than lockstep serve`
  if (started > beganAt + SLACK_MS || !hasOpen(pid, followed.journal))
    return 'the process that has its number now is another one'
  return undefined
}

/** The milliseconds by which clocks that jump may make a process look younger than the first event of its run. */
export const SLACK_MS = 10_000

export const NOT_THERE = 'there is no such rollout, or you may not look at it'
