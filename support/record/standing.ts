import { originOf } from './origin'
import type { RunRecord } from './record'

/** How a release stands by the last run of each of its features: `held`, or why not. */
export type Standing = { held: true; last: RunRecord; hosts: number } | { held: false; why: string }

/**
 * `runs` are those of one release in one environment, oldest first. A run that was held back says nothing, and neither
 * does one that went well and had left out scenarios of its feature.
 */
export function standingOf(runs: readonly RunRecord[], mode: RunRecord['mode']): Standing {
  const last = lastWords(runs, mode)
  const latest = last.at(-1)
  if (latest === undefined) return { held: false, why: nothingSaid(runs, mode) }
  const bad = last.find(({ outcome }) => outcome !== 'held')
  if (bad === undefined)
    return { held: true, last: latest, hosts: new Set(last.flatMap(({ hosts }) => hosts)).size }
  return { held: false, why: `the last run of ${bad.feature} there, ${bad.run}, ${said(bad)}` }
}

function lastWords(runs: readonly RunRecord[], mode: RunRecord['mode']): RunRecord[] {
  const last = new Map<string, RunRecord>()
  for (const run of runs) {
    if (run.mode !== mode || run.outcome === 'held back' || isPartial(run)) continue
    const origin = originOf(run, runs)
    last.delete(origin)
    last.set(origin, run)
  }
  return [...last.values()]
}

function isPartial({ outcome, leftOut }: RunRecord): boolean {
  return outcome === 'held' && leftOut !== undefined
}

function nothingSaid(runs: readonly RunRecord[], mode: RunRecord['mode']): string {
  const partial = runs.findLast((run) => run.mode === mode && isPartial(run))
  if (partial === undefined)
    return `no ${mode === 'live' ? 'live run' : 'run in safe mode'} of it is on record`
  const names = (partial.leftOut ?? []).map((name) => JSON.stringify(name)).join(', ')
  return `its run ${partial.run} there left out ${names} of ${partial.feature}`
}

function said({ outcome, out }: RunRecord): string {
  if (outcome === 'within budget') return `held but for ${out.join(', ')}`
  return outcome === 'cut off' ? 'was cut off' : 'stopped'
}
