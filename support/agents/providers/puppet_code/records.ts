import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn } from '../../../system/regular_file'

/** The name of a run, and of the folder that has what it leaves. */
export const RUN = /^[\w-]{1,100}$/
/** The file in the folder of a run that says what was ordered. */
export const ORDER = 'order.json'

export interface Ordered {
  code: string
  digest: string
  noop: boolean
  /** True where environment.conf says how the version of the code is told. */
  hasVersion: boolean
  environment: string
}

/** Returns what was ordered by the run of a folder; undefined where no run was. */
export function orderIn(at: string): Ordered | undefined {
  try {
    return JSON.parse(readFileSync(join(at, ORDER), 'utf8')) as Ordered
  } catch {
    return undefined
  }
}

/** Returns the runs, the last one first. */
export function runsIn(records: string): string[] {
  const at = (run: string) => orderedAt(records, run)
  return namesIn(records)
    .filter((name) => RUN.test(name))
    .sort((a, b) => at(b) - at(a))
}

/** Returns when a run was ordered, in milliseconds since 1970; 0 for one of which nothing is known. */
export function orderedAt(records: string, run: string): number {
  return statSync(join(records, run, ORDER), { throwIfNoEntry: false })?.mtimeMs ?? 0
}
