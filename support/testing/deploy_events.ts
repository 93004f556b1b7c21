import type { FetchTarget, PipelineEvent, PlanOutcome } from '../pipeline/events'

export const PLAN = '0123456789ab'
export const HOSTS = { text: 'web[1-3]', count: 3 }
export const MADE: PlanOutcome = { result: 'succeeded', plan: PLAN, hosts: HOSTS, changes: 3, why: null }

/** Returns the events after which a commit is at a tag, has passed its tests, and is on all hosts of test. */
export function fetched(commit: string, tag: string, environment = 'test'): PipelineEvent[] {
  const target = { repository: 'website', environment, commit, tag }
  const build = `build of ${commit}`
  return [
    {
      type: 'commit seen',
      delivery: 'd1',
      repository: 'website',
      ref: `refs/tags/${tag}`,
      after: commit,
      commit,
      isToBuild: true,
    },
    { type: 'build begun', build, repository: 'website', commit },
    { type: 'build ended', build, result: 'succeeded', why: null, seconds: 1 },
    { type: 'fetch begun', ...target },
    { type: 'hosts have fetched', ...target, has: HOSTS, missing: [] },
  ]
}

/** Returns the events of a plan that was made for a person to approve. */
export function planned(target: FetchTarget, run = 'p1', outcome: PlanOutcome = MADE): PipelineEvent[] {
  return [
    { type: 'plan begun', run, feature: 'sha', code: 'code', approval: 'person', ...target },
    { type: 'plan ended', run, ...target, ...outcome },
  ]
}
