import type { PipelineState, PushedCommit } from './pipeline_state'

/** The account of one repository's pushes. */
export interface RepositoryAccount {
  repository: string
  /** The commits that were pushed, the newest first. */
  commits: readonly PushedCommit[]
  /** The changes that were taken, and that the repository has not been asked about. */
  waiting: readonly Told[]
  /** The changes that came to nothing, the newest first. */
  passedOver: readonly (Told & { why: string })[]
}

/** A change as it was told. */
export interface Told {
  delivery: string
  ref: string
  at: string
}

/** Returns the account of each repository that was pushed to, by its name. */
export function accountsOf(state: PipelineState): RepositoryAccount[] {
  const deliveries = [...state.deliveries.values()]
  const names = new Set([...deliveries, ...state.commits].map(({ repository }) => repository))
  return [...names].sort().map((repository) => {
    const told = deliveries
      .filter((delivery) => delivery.repository === repository)
      .flatMap(({ delivery, at, changes }) => changes.map((change) => ({ delivery, at, ...change })))
    const commits = state.commits.filter((commit) => commit.repository === repository)
    const passedOver = told.filter((change) => change.state === 'passed over')
    return {
      repository,
      commits: commits.reverse(),
      waiting: told.filter((change) => change.state === 'waiting').map(toldOf),
      passedOver: passedOver.reverse().map((change) => ({ ...toldOf(change), why: change.why ?? '' })),
    }
  })
}

function toldOf({ delivery, ref, at }: Told): Told {
  return { delivery, ref, at }
}
