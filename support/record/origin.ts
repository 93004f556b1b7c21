import type { RunRecord } from './record'

/** The feature that a run brings on: for a recovery feature that of the run which it recovers. */
export function originOf(
  { feature }: Pick<RunRecord, 'feature'>,
  runs: readonly Pick<RunRecord, 'run' | 'feature'>[],
): string {
  const seen = new Set<string>()
  let origin = feature
  while (!seen.has(origin)) {
    seen.add(origin)
    const recovered = recoveredBy(origin)
    const found = runs.find(({ run }) => run === recovered)
    if (found === undefined) return origin
    origin = found.feature
  }
  return origin
}

/** The run that a recovery feature is of, or the part of a run that has several features; undefined for any other feature. */
export function recoveredBy(feature: string): string | undefined {
  return /(?:^|\/)recovery-([^/]+)\.feature$/.exec(feature)?.[1]
}
