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
    const [, recovered] = /(?:^|\/)recovery-([^/]+)\.feature$/.exec(origin) ?? []
    const found = runs.find(({ run }) => recovered !== undefined && isPartOf(run, recovered))
    if (found === undefined) return origin
    origin = found.feature
  }
  return origin
}

/** A run of several features has a record for each. */
function isPartOf(part: string, run: string): boolean {
  return part === run || (part.startsWith(`${run}-`) && /^\d+$/.test(part.slice(run.length + 1)))
}
