/** A rollout that was begun from a page or by the pipeline, as the journal of its start tells it. */
export interface BegunRollout {
  run: string
  /** The page of its start or of its plan. */
  at: string
  /** What it rolls out. */
  name: string
  environment: string
  /** Who has begun it, behind `by`. */
  by: string
  /** The machine that has started it. */
  machine: string
  since: string
  /** True once its start is over, also where the rollout never came to a journal of its own. */
  isOver: boolean
}

/** Milliseconds after which a rollout of another machine without a journal is no longer taken for one that is being started. */
const MAX_STARTING_MS = 15 * 60_000

/**
 * Returns a rollout as it stands by now. Of one of another machine no process can be seen, and the machine may be gone: its start
 * would never end.
 */
export function judgeBegun(begun: BegunRollout, here: string, now: number): BegunRollout {
  const isLost = begun.machine !== here && now - Date.parse(begun.since) > MAX_STARTING_MS
  return isLost ? { ...begun, isOver: true } : begun
}

/** Returns the rollouts that are just being started: they have no end, and nothing in a journal of their own yet. */
export function stillStarting(
  begun: readonly BegunRollout[],
  hasJournal: (run: string) => boolean,
): BegunRollout[] {
  return begun.filter(({ run, isOver }) => !isOver && !hasJournal(run))
}
