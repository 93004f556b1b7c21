import { leaveReport, removeReport, report } from '../../run/report_files'
import type { Run } from '../../run/run'

const PATH = report('junit.xml')

/** Removes the JUnit file of the run before, so that a run that is killed leaves none. */
export function removeJunit(): void {
  removeReport(PATH)
}

/** Writes the run as JUnit XML. `now` is in milliseconds since 1970. */
export function writeJunit(run: Run, now: number): void {
  // Both modules are loaded only now: no run needs them before its end.
  const { junitOf } = require('./junit') as typeof import('./junit')
  const { suitesOf } = require('./suites') as typeof import('./suites')
  leaveReport(PATH, [junitOf(suitesOf(run), run.id, now)])
}
