import { changedBy } from '../../planning/plan'
import type { RunState } from '../../run/run_state'
import { namesOf, NOTHING, type Html, type Markup } from './markup'
import { table } from './report_table'

const MAX_NAMES = 500

/** Shows what would change, and what would fail: first of all in the report of a run that changed nothing. */
export function planSection(page: Html, run: RunState): Markup {
  const changes = grouped(changedBy(run).map(({ host, change }) => [change, host]))
  const wrong = run.verdicts.flatMap(({ line, text, verdict }) =>
    verdict.observations
      .filter(({ passed }) => !passed)
      .map(({ host, seen }): [string, string] => [`line ${line}, ${text}: ${seen}`, host]),
  )
  const unknown = run.verdicts.flatMap(({ line, text, verdict }) =>
    verdict.observations
      .filter(({ seen }) => seen.startsWith('cannot be known before'))
      .map(({ host }): [string, string] => [`line ${line}, ${text}`, host]),
  )
  const named =
    run.planned === undefined
      ? NOTHING
      : page`<p>Plan <b>${run.planned.id}</b>, in ${run.planned.path}; a live run keeps to it with <code>LOCKSTEP_PLAN=${run.planned.id}</code></p>\n`
  const tables = [
    rows(page, 'Would fail', grouped(wrong)),
    rows(page, 'Would change', changes),
    rows(page, 'Cannot be known before', grouped(unknown)),
  ]
  return page`<section><p class="careful">Nothing was changed on any host.</p>\n${named}${tables}</section>\n`
}

function grouped(pairs: readonly (readonly [string, string])[]): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>()
  for (const [what, host] of pairs) {
    const hosts = groups.get(what) ?? new Set()
    groups.set(what, hosts)
    hosts.add(host)
  }
  return groups
}

function rows(page: Html, title: string, groups: ReadonlyMap<string, ReadonlySet<string>>): Markup {
  if (groups.size === 0) return NOTHING
  return table(
    page,
    title,
    [...groups].map(([what, hosts]) => [what, namesOf(page, [...hosts], MAX_NAMES)]),
  )
}
