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
  /** True once the journal of its start says its end, also where the rollout never came to a journal of its own. */
  isOver: boolean
}

/** Returns the rollouts that are just being started: they have no end, and nothing in a journal of their own yet. */
export function stillStarting(
  begun: readonly BegunRollout[],
  hasJournal: (run: string) => boolean,
): BegunRollout[] {
  return begun.filter(({ run, isOver }) => !isOver && !hasJournal(run))
}
