import { join } from 'node:path'
import { filesIn, readText } from './files'
import type { Manual } from './manual'

const HISTORY = join('.lockstep', 'history')

/**
 * Returns the text of the records whose names fit. A name may hold `*`, such as for the run in it.
 * @throws Error when no record has such a name
 */
export function readRecords(manual: Manual, pattern: string): string {
  const fits = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`)
  const all = filesIn(manual, HISTORY)
  const found = all.filter((name) => fits.test(name.slice(HISTORY.length + 1)))
  if (found.length === 0) throw new Error(`no record is named ${pattern}; there are:\n${all.join('\n')}`)
  return found.map((name) => readText(manual, name)).join('\n')
}
