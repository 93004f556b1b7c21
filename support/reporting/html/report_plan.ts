import type { HostRange, ListedCohort } from '../../rollout/model/host_list'
import { describeChange } from '../../planning/plan'
import type { StepVerdict } from '../../run/run_parts'
import type { RunState } from '../../run/run_state'
import { namesOf, NOTHING, type Html, type Markup } from './markup'
import { table } from './report_table'

const MAX_NAMES = 500

/** Shows what would change, and what would fail: early in the report of a run that changed nothing. */
export function planSection(page: Html, run: RunState): Markup {
  const changes = groupPairs(run, ({ planned }) =>
    planned?.changes === true && planned.affectsOthers ? describeChange(planned) : undefined,
  )
  const wrong = groupPairs(run, ({ passed, seen }, { line, text }) =>
    passed ? undefined : `line ${line}, ${text}: ${seen}`,
  )
  const unknown = groupPairs(run, ({ seen }, { line, text }) =>
    seen.startsWith('cannot be known before') ? `line ${line}, ${text}` : undefined,
  )
  const named =
    run.planned === undefined
      ? NOTHING
      : page`<p>Plan <b>${run.planned.id}</b>, in ${run.planned.path}; a live run keeps to it with <code>LOCKSTEP_PLAN=${run.planned.id}</code></p>\n`
  const tables = [
    rows(page, run, 'Would fail', wrong),
    rows(page, run, 'Would change', changes),
    rows(page, run, 'Cannot be known before', unknown),
  ]
  return page`<section>${named}${tables}</section>\n`
}

type Groups = ReadonlyMap<string, readonly HostRange[]>

/** Groups the hosts of all lines by what is said of them. Names are looked up only where they are shown. */
function groupPairs(
  { verdicts }: RunState,
  said: (cohort: ListedCohort, step: StepVerdict) => string | undefined,
): Groups {
  const groups = new Map<string, HostRange[]>()
  for (const step of verdicts)
    for (const cohort of step.verdict.cohorts) {
      const what = said(cohort, step)
      if (what === undefined) continue
      const ranges = groups.get(what) ?? []
      groups.set(what, ranges)
      for (const range of cohort.hosts) ranges.push(range)
    }
  return groups
}

function rows(page: Html, { hosts }: RunState, title: string, groups: Groups): Markup {
  if (groups.size === 0) return NOTHING
  return table(
    page,
    title,
    [...groups].map(([what, ranges]) => [
      what,
      namesOf(page, [...new Set(hosts.namesIn(ranges))], MAX_NAMES),
    ]),
  )
}
