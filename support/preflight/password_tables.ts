import { passwordTableFault } from '../rollout/model/password_table'
import { kindOf } from '../sentences/catalogue'

/** Returns what is wrong with the table of a line that takes a password. `rows` is the table as it is written. */
export function passwordFaults(expression: string, rows: readonly (readonly string[])[]): string[] {
  const kind = kindOf(expression)
  if ((kind !== 'changes access' && kind !== 'sees access') || !expression.endsWith(' with:')) return []
  const fault = passwordTableFault(rows)
  return fault === undefined ? [] : [fault]
}
