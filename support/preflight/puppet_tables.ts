import { changeTableFault } from '../rollout/model/puppet_table'
import { kindOf } from '../sentences/catalogue'

/** Returns what is wrong with the table of a line that allows changes of puppet. `rows` is the table as it is written. */
export function puppetFaults(expression: string, rows: readonly (readonly string[])[]): string[] {
  if (kindOf(expression) !== 'sees puppet changes' || !expression.endsWith(':')) return []
  const fault = changeTableFault(rows)
  return fault === undefined ? [] : [fault]
}
