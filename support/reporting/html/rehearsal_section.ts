import type { Html, Markup } from './markup'
import { table } from './report_table'
import type { Rehearsed } from '../../run/rehearsed'
import { groupByEnding } from '../../rehearsal/told_endings'

/** Shows where hosts ended with each fault; failures stand first. */
export function rehearsalSection(page: Html, rehearsals: readonly Rehearsed[]): Markup {
  const failures = rehearsals.flatMap(({ fault, failures: each }) =>
    each.map((failure) => `${fault ?? 'nothing goes wrong'}: ${failure}`),
  )
  const bad = failures.map((failure) => page`<p class="bad"><b>${failure}</b></p>\n`)
  const rows = rehearsals.map((rehearsal) => [
    `${rehearsal.failures.length === 0 ? '✔' : '✘'} ${rehearsal.fault ?? 'nothing goes wrong'}`,
    rehearsal.title,
    groupByEnding(rehearsal)
      .map(({ ending, folded }) => `${ending}: ${folded.join(', ')}`)
      .join('; '),
  ])
  return page`<section>${bad}${table(page, 'Where every host ended', rows)}</section>\n`
}
