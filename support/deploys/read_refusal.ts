import { join } from 'node:path'
import * as v from 'valibot'
import { readRegularFile } from '../system/regular_file'

const report = v.object({
  exitCode: v.pipe(v.number(), v.notValue(0)),
  verdict: v.string(),
  reason: v.object({ message: v.string() }),
})

/** A run that came to nothing, in its own words. */
export interface Refusal {
  verdict: string
  why: string
}

/**
 * Returns why a run without a journal was refused, by the report in its folder; undefined where that does not say so. A
 * report never makes a success.
 */
export function readRefusal(folder: string): Refusal | undefined {
  try {
    const { verdict, reason } = v.parse(
      report,
      JSON.parse(readRegularFile(join(folder, 'run.json')).toString('utf8')),
    )
    return { verdict, why: reason.message }
  } catch {
    // What the run has printed says why.
    return undefined
  }
}
