import { junitOfRun } from './ci/junit'
import { pageOf } from './html/report_page'
import { runJsonOf } from './run_json'

export { lintJsonOf } from './lint_json'
import type { RunState } from '../run/run_state'

/** The reports of a run, by the name of their file. Each comes in pieces, and is the same whenever it is made. */
export const REPORTS_OF = {
  'rollout.html': pageOf,
  'junit.xml': junitOfRun,
  'run.json': runJsonOf,
} satisfies Record<string, (run: RunState) => Iterable<string>>
