import type { CommitTests } from '../rollout/ports'
import { lazy } from './lazy'

/**
 * Returns what the pipeline of a state folder knows of tests. Its journals are read anew for each question: a build may
 * have ended since the last one.
 */
export function commitTests(state: string, decides: boolean): CommitTests {
  return {
    decides,
    passed(repository, commit) {
      const { readPipeline, PipelineState, lastFinishedOf, testedAs } = lazy.pipeline
      const { events, faults } = readPipeline(state)
      // A journal that lacks something may lack that the tests failed when they were run again.
      const [fault] = faults
      if (fault !== undefined) return { not: `not everything is known, since ${fault}` }
      const known = PipelineState.of(events)
      const build = lastFinishedOf(known, repository, commit)
      const tested = testedAs(known, repository, commit)
      if (tested === 'passed' && build !== undefined) return { build: build.build }
      return { not: WHY[tested](build?.why ?? 'no reason is known', `${state}/pipeline`) }
    },
  }
}

const WHY = {
  passed: () => 'no build is known',
  failed: (why: string) => `they failed: ${why}`,
  running: () => 'they are under way',
  'not built': (_why: string, record: string) =>
    `the record in ${record} has no build of this commit; lockstep pipeline lists those that it has, and --state names another folder`,
}
