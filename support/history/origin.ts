import type { HistoryEntry } from './history_record'

/** Returns the feature that a run carries on: for a recovery feature, that of the run which it recovers. */
export function originOf(
  { feature }: Pick<HistoryEntry, 'feature'>,
  runs: readonly Pick<HistoryEntry, 'run' | 'feature'>[],
): string {
  const seen = new Set<string>()
  let origin = feature
  while (!seen.has(origin)) {
    seen.add(origin)
    const recovered = findRunOfRecovery(origin)
    const found = runs.find(({ run }) => run === recovered)
    if (found === undefined) return origin
    origin = found.feature
  }
  return origin
}

/**
 * Returns the run that a recovery feature is of, or the part of a run that has several features. Undefined for any
 * other feature.
 */
export function findRunOfRecovery(feature: string): string | undefined {
  return /(?:^|\/)recovery-([^/]+)\.feature$/.exec(feature)?.[1]
}

/** Returns the run that a recovery feature is of, and its part, counted from 0; undefined for any other feature. */
export function findPartOfRecovery(feature: string): { run: string; part: number } | undefined {
  const [, run, part = '1'] =
    /^(\d{8}-\d{6}-[0-9a-f]{4})(?:-(\d+))?$/.exec(findRunOfRecovery(feature) ?? '') ?? []
  return run === undefined ? undefined : { run, part: Number(part) - 1 }
}
