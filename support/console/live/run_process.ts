import type { Holder } from '../../locks/host_locks'

/** What is known of the process of a run whose journal has no end. */
export type Standing = 'alive' | 'gone' | 'unknown'

/** The facts by which a run names its process. */
export interface RunProcess {
  run: string
  /** The user and the machine, as `user@machine`. */
  by: string
  /** Undefined until the journal has it. */
  pid: number | undefined
  /** The moment of the first event, in milliseconds since 1970. */
  beganAt: number
}

export interface ProcessSurroundings {
  machine: string
  now(): number
  /** Returns when a process of this machine was started, in milliseconds since 1970; undefined for one that is gone. */
  startedAt(pid: number, now: number): number | undefined
  /** Resolves with the claims of all runs to hosts, as `lockstep status` shows them. */
  holders(): Promise<readonly Pick<Holder, 'run' | 'state'>[]>
}

/** The milliseconds by which clocks that jump may make a process look younger than the first event of its run. */
const SLACK_MS = 10_000

/**
 * Returns whether the process of a run still is. The lock of the run says it first, as in `lockstep status`. A run
 * without one goes by its process, which has to be older than its first event: its number may be used again.
 */
export async function standingOf(
  { run, by, pid, beganAt }: RunProcess,
  { machine, now, startedAt, holders }: ProcessSurroundings,
): Promise<Standing> {
  const lock = (await holders()).find((each) => each.run === run)
  if (lock?.state === 'alive') return 'alive'
  if (lock?.state === 'process gone') return 'gone'
  if (pid === undefined || !by.endsWith(`@${machine}`)) return 'unknown'
  const started = startedAt(pid, now())
  return started !== undefined && started <= beganAt + SLACK_MS ? 'alive' : 'gone'
}
