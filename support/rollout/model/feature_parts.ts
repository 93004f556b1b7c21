import type { JournalEntry } from './journal_entry'

/**
 * Follows the entries of a run, and says which feature each is of. Entries are of the feature that began last, or that
 * an entry `feature` has named since.
 */
export class FeatureFollower {
  private current: string | undefined

  /** Hears the next entry, and returns the feature that it is of; undefined before the first feature. */
  hear(entry: JournalEntry): string | undefined {
    if (entry.type === 'run' || entry.type === 'feature') this.current = entry.feature
    return this.current
  }
}

/** Returns the entries of each feature of a run by its path, in the order in which features began. */
export function featureParts<E extends JournalEntry>(
  entries: readonly E[],
): ReadonlyMap<string, readonly E[]> {
  const parts = new Map<string, E[]>()
  const follower = new FeatureFollower()
  for (const entry of entries) {
    const feature = follower.hear(entry)
    if (feature === undefined) continue
    const part = parts.get(feature)
    if (part !== undefined) part.push(entry)
    else if (entry.type === 'run') parts.set(feature, [entry])
  }
  return parts
}
