import type { RolloutsOf } from '../history/deployed_commits'
import type { AnnouncingRepository } from '../pipeline/announced_packages'
import type { RepositoryAccount } from '../pipeline/pipeline_account'
import type { Build, PushedCommit } from '../pipeline/pipeline_state'
import { documentOfPlan, type plansIn } from './deploy_wishes'

/** Returns what is known of a repository, as JSON has it. */
export function documentOfRepository(
  { repository, commits, waiting, passedOver }: RepositoryAccount,
  carriedBy: RolloutsOf,
  plansOf: ReturnType<typeof plansIn>,
) {
  return {
    repository,
    commits: commits.map(({ commit, refs, seenAt, gone, build, earlier, fetches }: PushedCommit) => ({
      commit,
      refs,
      seenAt,
      gone: gone ?? null,
      build: build === undefined ? null : documentOfBuild(build),
      earlier: earlier.map(documentOfBuild),
      fetches: [...fetches.values()].map(({ answered, ...fetch }) => ({
        ...fetch,
        answered:
          answered === undefined ? null : { at: answered.at, has: answered.has, missing: answered.missing },
      })),
      plans: plansOf(repository, commit).map(documentOfPlan),
      rollouts: carriedBy(repository, commit).map(({ run, environment, tag, began, verdict }) => ({
        run,
        environment,
        tag,
        beganAt: began,
        verdict: verdict ?? null,
      })),
    })),
    waiting,
    passedOver,
  }
}

/** Returns what a package repository has announced, as JSON has it. */
export function documentOfAnnouncing({ repository, announcements, count, refreshes }: AnnouncingRepository) {
  return {
    repository,
    count,
    announcements: [...announcements].reverse().map(({ at, packages, packageCount }) => ({
      at,
      packages,
      packageCount,
    })),
    refreshes: [...refreshes.values()].map(({ environment, begunAt, announcement, answered }) => ({
      environment,
      begunAt,
      isForLast: announcement === announcements.at(-1)?.announcement,
      answered:
        answered === undefined ? null : { at: answered.at, has: answered.has, missing: answered.missing },
    })),
  }
}

function documentOfBuild({ build, state, begunAt, seconds, why, order, elsewhere }: Build) {
  const runner = order?.takers.at(-1)?.runner ?? null
  const waitsForRunner = order !== undefined && state === 'running' && runner === null
  const ended = { seconds: seconds ?? null, why }
  return { build, state, begunAt, ...ended, runner, waitsForRunner, elsewhere: elsewhere ?? null }
}
