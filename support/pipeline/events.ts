import type { AnnouncedPackage } from './announcement'
import type { ApprovalBy } from '../config/after_success_setting'
import type { Reported } from './ci_report'
import type { RefChange } from './push'
import type { RecordedHosts } from './recorded_hosts'

/** The version of the events; a journal with another one is not read. */
export const PIPELINE_EVENTS_VERSION = 1

/** Who told of a push. */
export const TELLERS = ['hook', 'github', 'gitlab', 'gitea', 'hmac'] as const
export type Teller = (typeof TELLERS)[number]

/** How a build ended. An interrupted one says nothing of its commit, and is done again. */
export const BUILD_RESULTS = ['succeeded', 'failed', 'interrupted'] as const
export type BuildResult = (typeof BUILD_RESULTS)[number]

/** The events on the way from a push to hosts, as the journals of `lockstep serve` have it. */
export type PipelineEvent =
  /** A push was told, by somebody who may. It is on disk before its teller gets an answer. */
  | {
      type: 'push taken'
      delivery: string
      repository: string
      teller: Teller
      by: string | null
      changes: RecordedChange[]
    }
  /** The repository shows the commit of a change on its ref: a build may begin. */
  | {
      type: 'commit seen'
      delivery: string
      repository: string
      ref: string
      /** The object of the ref, by the change’s own word: the commit, or an annotated tag of it. */
      after: string
      commit: string
      /** True when its tests are to be run; without a configured command there are none. */
      isToBuild: boolean
    }
  /** A change of a delivery comes to nothing, for a reason in words. */
  | { type: 'change passed over'; delivery: string; ref: string; after: string | null; why: string }
  /**
   * The tests of a commit are waited for no longer: the repository does not have it any more, as it said several times, or
   * no report of them came.
   */
  | { type: 'commit gone'; repository: string; commit: string; why: string }
  /** Somebody wants the tests of a commit to be run, also where they were run before. */
  | { type: 'build asked for'; repository: string; commit: string; by: string | null }
  /** A build was begun; with `kind`, others run it than `lockstep serve`, and it goes on when that ends. */
  | {
      type: 'build begun'
      build: string
      repository: string
      commit: string
      kind?: 'runners'
      /** A digest of what runners are told to do. An order that the configuration would not give any more counts for nothing. */
      order?: string
      /** The build in another CI; absent for a build of `lockstep serve` itself, or of its runners. */
      elsewhere?: BuildElsewhere
      /** The report that told of it, where it tells no more. */
      report?: string
    }
  /** A broker has confirmed the order of a build, signed with the key of this name: a runner may take it. */
  | { type: 'build ordered'; build: string; key: string }
  /** Somebody has taken the order of a build off its queue whose results do not count. It has to be published again. */
  | { type: 'order lost'; build: string; why: string }
  /** A runner has taken the order of a build. */
  | { type: 'build taken'; build: string; runner: string }
  | {
      type: 'build ended'
      build: string
      result: BuildResult
      /** The reason in words; null for a build that succeeded. */
      why: string | null
      /** Null where the process that ran it was killed. */
      seconds: number | null
      /** The runner that ran it; absent where `lockstep serve` ran it. */
      runner?: string
      /** The report that told of it, and its time by the clock of its sender. */
      report?: string
      reportedAt?: string
    }
  /** A build that was begun in another CI was found in its queue, or as a build. */
  | {
      type: 'build located'
      build: string
      queueItem: number | null
      number: number | null
      url: string | null
    }
  /** Another CI has reported, with the secret of the repository. It is on disk before it gets an answer. */
  | {
      type: 'report taken'
      report: string
      repository: string
      commit: string
      /** The build, by the name that its CI gave it. */
      build: string
      state: Reported
      /** By the clock of its sender, in ISO 8601. */
      reportedAt: string
      url: string | null
    }
  /** A report changes nothing, for a reason in words. */
  | { type: 'report passed over'; report: string; repository: string; commit: string; why: string }
  /** The hosts of an environment are about to be asked to fetch a tag that is at a tested commit. */
  | ({ type: 'fetch begun' } & FetchTarget)
  /**
   * The answers of one round, in which every host of the class was asked. It is written when it differs from the round
   * before.
   */
  | ({ type: 'hosts have fetched' } & FetchTarget & FetchAnswers)
  /** A package repository has published changes. The packages are its own words. */
  | {
      type: 'packages announced'
      announcement: string
      /** The name of the package repository in lockstep.yaml. */
      repository: string
      by: string | null
      packages: AnnouncedPackage[]
      packageCount: number
    }
  /** The hosts of an environment are about to be asked to refresh their package lists, after an announcement and all before it. */
  | ({ type: 'refresh begun' } & RefreshTarget)
  /** The answers of one round, as those of a fetch: a host that has refreshed has the announced versions in its lists. */
  | ({ type: 'hosts have refreshed' } & RefreshTarget & FetchAnswers)
  /** Somebody wants the deploy of a repository to an environment to be planned anew. */
  | { type: 'plan asked for'; repository: string; environment: string; by: string | null }
  /** All hosts have a tag, and its deploy is about to be planned by a run of this id. */
  | ({
      type: 'plan begun'
      run: string
      /** The SHA-256 of the feature, and that of the code beside it. */
      feature: string
      code: string
      /** Who may let it be carried out, by the configuration of that moment. */
      approval: ApprovalBy
    } & FetchTarget)
  | ({ type: 'plan ended'; run: string } & FetchTarget & PlanOutcome)
  /** A plan may be carried out, once. `run` is the run that made it; without a person, the configuration says so. */
  | ({
      type: 'plan approved'
      run: string
      plan: string
      by: string | null
      /** The groups of a person of the console at that moment. */
      groups?: string[]
    } & FetchTarget)
  /** An approval counts no more, before its rollout: its person may not approve any more. */
  | ({ type: 'approval ended'; run: string; plan: string; why: string } & FetchTarget)
  /** A live run of this id is about to be started, that keeps to a plan. It is never started again. */
  | ({
      type: 'rollout begun'
      run: string
      planRun: string
      plan: string
      /** The name of the machine that starts it. Its processes carry the id of the run, and can be seen there alone. */
      machine: string
    } & FetchTarget)
  /** A live run is over, by its own journal, or by the word of a person where its machine is gone. */
  | ({ type: 'rollout ended'; run: string; by?: string } & FetchTarget & RolloutOutcome)

/** The last announcement that hosts are to refresh their lists for. */
export interface RefreshTarget {
  /** The name of the package repository. */
  repository: string
  environment: string
  announcement: string
}

/** The kinds of CI that run builds elsewhere. */
export const CIS_ELSEWHERE = ['reports', 'jenkins'] as const

/** A build that runs in another CI. */
export interface BuildElsewhere {
  ci: (typeof CIS_ELSEWHERE)[number]
  /** Its name there. */
  build: string
  /** The address where people find it; null where it is not known. */
  url: string | null
}

/** The commit that hosts are to have, and the tag by which they fetch it. */
export interface FetchTarget {
  repository: string
  environment: string
  commit: string
  tag: string
}

/** The hosts of a class, by what they have answered. */
export interface FetchAnswers {
  /** The hosts that answered that they have the tag at the commit. */
  has: RecordedHosts
  /** All others, by the reason in words. */
  missing: { why: string; hosts: RecordedHosts }[]
}

/** The outcome of planning. Only a plan that succeeded can be approved. */
export interface PlanOutcome {
  result: BuildResult
  /** The name of the plan; null where there is none that could be carried out. */
  plan: string | null
  /** The hosts that it is for. */
  hosts: RecordedHosts
  /** The number of changes to these hosts. */
  changes: number
  why: string | null
}

/** The outcome of a rollout. It succeeded where its own journal shows all of the plan carried out for real. */
export interface RolloutOutcome {
  result: BuildResult
  /** The verdict in the words of the run itself; null where it has none. */
  verdict: string | null
  why: string | null
}

/** A change as JSON has it: null where there is no commit. */
export type RecordedChange = { ref: string; before: string | null; after: string | null }

/** An event and the time of its writing, in ISO 8601. */
export type RecordedPipelineEvent = PipelineEvent & { at: string }

export function recordChange({ ref, before, after }: RefChange): RecordedChange {
  return { ref, before: before ?? null, after: after ?? null }
}
