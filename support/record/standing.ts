import { originOf } from './origin'
import type { RunRecord } from './record'

/** How a release stands by the last run of each of its features: `held`, or why not. */
export type Standing = { held: true; last: RunRecord; hosts: number } | { held: false; why: string }

/** `runs` are those of one release in one environment, oldest first. A run that was held back says nothing. */
export function standingOf(runs: readonly RunRecord[], mode: RunRecord['mode']): Standing {
  const last = lastWords(runs, mode)
  const latest = last.at(-1)
  if (latest === undefined)
    return { held: false, why: `no ${mode === 'live' ? 'live run' : 'run in safe mode'} of it is on record` }
  const bad = last.find(({ outcome }) => outcome !== 'held')
  if (bad === undefined)
    return { held: true, last: latest, hosts: new Set(last.flatMap(({ hosts }) => hosts)).size }
  return { held: false, why: `the last run of ${bad.feature} there, ${bad.run}, ${said(bad)}` }
}

function lastWords(runs: readonly RunRecord[], mode: RunRecord['mode']): RunRecord[] {
  const last = new Map<string, RunRecord>()
  for (const run of runs) {
    if (run.mode !== mode || run.outcome === 'held back') continue
    const origin = originOf(run, runs)
    last.delete(origin)
    last.set(origin, run)
  }
  return [...last.values()]
}

function said({ outcome, out }: RunRecord): string {
  if (outcome === 'within budget') return `held but for ${out.join(', ')}`
  return outcome === 'cut off' ? 'was cut off' : 'stopped'
}
