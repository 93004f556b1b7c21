import { rmSync } from 'node:fs'
import { report, writeWhole } from '../report/reports'
import type { Run } from '../run'

const PATH = report('junit.xml')

/** So that a run that is killed leaves none, rather than that of the run before. */
export function removeJunit(): void {
  try {
    rmSync(PATH, { force: true })
  } catch {
    // Writing it will fail as well, and say so.
  }
}

/** Writes the run as JUnit XML. What cannot be written is said, and decides nothing. `now` in milliseconds since 1970. */
export function writeJunit(run: Run, now: number): void {
  // Loaded only now: nothing of it is needed before the end.
  const { junitOf } = require('./junit') as typeof import('./junit')
  const { suitesOf } = require('./suites') as typeof import('./suites')
  try {
    writeWhole(PATH, junitOf(suitesOf(run), run.id, now))
  } catch (error) {
    process.stderr.write(`${PATH} could not be written: ${(error as Error).message}\n`)
  }
}
