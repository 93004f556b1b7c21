import { inRanges } from '../screen/host_names'
import { changedBy } from '../planning/plan'
import { cell, table } from './report_table'
import type { Run } from '../run'

/** What would change, and what would not hold: first of all in the report of a run that changed nothing. */
export function planSection(run: Run): string {
  const changes = grouped(changedBy(run).map(({ host, change }) => [change, host]))
  const wrong = run.verdicts.flatMap(({ line, text, verdict }) =>
    verdict.observations
      .filter(({ held }) => !held)
      .map(({ host, seen }): [string, string] => [`line ${line}, ${text}: ${seen}`, host]),
  )
  const unknown = run.verdicts.flatMap(({ line, text, verdict }) =>
    verdict.observations
      .filter(({ seen }) => seen.startsWith('cannot be known before'))
      .map(({ host }): [string, string] => [`line ${line}, ${text}`, host]),
  )
  const named =
    run.planned === undefined
      ? ''
      : `<p>Plan <b>${cell(run.planned.id)}</b>, in ${cell(run.planned.path)}; a live run is held to it with LOCKSTEP_PLAN=${cell(run.planned.id)}</p>`
  return [
    '<p style="background: #fff3cd; color: #533f03; padding: 0.5rem">Nothing was changed on any host.</p>',
    named,
    rows('Would not hold', grouped(wrong)),
    rows('Would change', changes),
    rows('Cannot be known before', grouped(unknown)),
  ].join('\n')
}

function grouped(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const [what, host] of pairs) groups.set(what, [...new Set([...(groups.get(what) ?? []), host])])
  return groups
}

function rows(title: string, groups: ReadonlyMap<string, readonly string[]>): string {
  if (groups.size === 0) return ''
  return table(
    title,
    [...groups].map(([what, hosts]) => [what, inRanges(hosts).join(', ')]),
  )
}
