import { cell, table } from '../report/report_table'
import type { Rehearsed } from './endings'
import { endingsTold } from './told'

/** Where hosts ended with each fault; what must not be stands first. */
export function rehearsalSection(rehearsals: readonly Rehearsed[]): string {
  const failures = rehearsals.flatMap(({ fault, failures: each }) =>
    each.map((failure) => `${fault ?? 'nothing goes wrong'}: ${failure}`),
  )
  const bad = failures.map((failure) => `<p style="color: #c62828"><b>${cell(failure)}</b></p>`)
  const rows = rehearsals.map((rehearsal) => [
    `${rehearsal.failures.length === 0 ? '✔' : '✘'} ${rehearsal.fault ?? 'nothing goes wrong'}`,
    rehearsal.title,
    endingsTold(rehearsal)
      .map(({ ending, hosts }) => `${ending}: ${hosts.join(', ')}`)
      .join('; '),
  ])
  return [...bad, table('Where every host ended', rows)].join('\n')
}
