import { JUNIT, leaveReport } from '../../run/report_files'
import type { Run } from '../../run/run'
import { junitOf } from './junit'
import { suitesOf } from './suites'

/** Writes the run as JUnit XML. `now` is in milliseconds since 1970. */
export function writeJunit(run: Run, now: number): void {
  leaveReport(JUNIT, [junitOf(suitesOf(run), run.id, now)])
}
