import { join } from 'node:path'
import { leaveReport, removeReport } from '../run/report_files'
import type { Run } from '../run/run'
import { lazy } from './lazy'

/** The report that a run leaves which only reads features. */
const OF_READING = ['junit.xml'] as const
const ALL = [...OF_READING, 'run.json', 'rollout.html'] as const

/** The places that show a run beside its own reports. */
export interface Surroundings {
  /** The folder of the reports. */
  reports: string
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  write: (text: string) => void
}

/** Returns a run that is over for programs, in pieces: what lint has found, or the form of `run.json`. */
export function documentOf(run: Run, isReading: boolean): Iterable<string> {
  if (run.state.ended === undefined) return []
  const { lintJsonOf, REPORTS_OF } = lazy.reports
  return isReading ? [lintJsonOf(run)] : REPORTS_OF['run.json'](run.state)
}

/** Removes the reports of the run before: a run that is killed must not look like that one. */
export function removeReports(isReading: boolean, folder: string): void {
  for (const name of isReading ? OF_READING : ALL) removeReport(join(folder, name))
}

/**
 * Writes the reports of a run that is over, which decide nothing about it. A run that never was under way, and was not
 * refused, leaves none.
 */
export function finishReports(run: Run, isReading: boolean, surroundings: Surroundings): void {
  if (run.state.ended === undefined && run.hasStopped) run.end()
  if (run.state.ended === undefined) return
  // Reports are loaded only now: nothing of them is needed before the end.
  const { REPORTS_OF } = lazy.reports
  for (const name of isReading ? OF_READING : ALL)
    leaveReport(join(surroundings.reports, name), () => REPORTS_OF[name](run.state))
  lazy.inCi.tellCi(run.state, surroundings)
}
