import { changeTableFault, resourceTableFault } from '../rollout/model/puppet_table'
import { kindOf } from '../sentences/catalogue'

/** Returns what is wrong with the table of a line that allows something of puppet. `rows` is the table as it is written. */
export function puppetFaults(expression: string, rows: readonly (readonly string[])[]): string[] {
  const judge = expression.endsWith(':') ? JUDGES.get(kindOf(expression) ?? '') : undefined
  const fault = judge?.(rows)
  return fault === undefined ? [] : [fault]
}

const JUDGES: ReadonlyMap<string, (rows: readonly (readonly string[])[]) => string | undefined> = new Map([
  ['sees puppet changes', changeTableFault],
  ['sees puppet remains', resourceTableFault],
])
