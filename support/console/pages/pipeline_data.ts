import { rolloutsOfCommits } from '../../history/deployed_commits'
import { needsPerson } from '../../pipeline/format_deploy'
import {
  describeCommit,
  formatSpools,
  type DescribedCommit,
  type PipelineSurroundings,
} from '../../pipeline/format_pipeline'
import { formatAnnouncing } from '../../pipeline/format_packages'
import { plansOfCommits, whyNotToApprove, type JudgedPlan } from '../../pipeline/judge_approval'
import { accountsOf, type RepositoryAccount, type Told } from '../../pipeline/pipeline_account'
import type { HostsFetch, PipelineState, PushedCommit } from '../../pipeline/pipeline_state'
import { lastFinished } from '../../pipeline/tested_commit'
import { BuildFolders } from '../../pipeline/build_folders'
import type { ConsoleState } from './console_state'
import { approveCommand } from './now_data'
import type { Mark, Part } from './parts'
import { partOf } from './parts'
import type { Sight } from './sight'

/** The commits of a page, at most. */
export const MAX_COMMITS = 20

/** What `/pipeline` shows. */
export interface PipelineData {
  isServed: boolean
  spools: readonly string[]
  repositories: readonly RepositorySummary[]
  /** The repositories of the configuration that nothing was pushed to yet. */
  unused: readonly string[]
  /** The lines of package repositories, as the terminal has them. */
  packages: readonly string[]
  faults: readonly string[]
}

export interface RepositorySummary {
  repository: string
  commits: number
  waiting: number
  newest: CommitOnItsWay | undefined
}

/** What `/pipeline/<repository>` shows. */
export interface RepositoryData {
  repository: string
  isServed: boolean
  waiting: readonly Told[]
  commits: Part<CommitOnItsWay>
  passedOver: RepositoryAccount['passedOver']
  faults: readonly string[]
}

/** A commit in the words of the terminal, the steps of its way, and the commands that a person may give. */
export interface CommitOnItsWay extends DescribedCommit {
  repository: string
  tone: Mark['tone']
  ways: readonly { environment: string | undefined; steps: readonly Mark[] }[]
  approve: readonly string[]
  /** The plans of it, each with the run that made it. */
  plans: readonly { environment: string; plan: string; run: string }[]
}

export async function readPipelines(state: ConsoleState, sight: Sight): Promise<PipelineData> {
  const { sources } = state
  const { known, faults } = state.pipeline()
  const spools = sources.spools()
  const accounts = accountsOf(known).filter(({ repository }) =>
    seesRepository(repository, known, state, sight),
  )
  const repositories: RepositorySummary[] = []
  for (const { repository, commits, waiting } of accounts) {
    const [newest] = await commitsOnTheirWay(commits.slice(0, 1), known, state, sight)
    repositories.push({ repository, commits: commits.length, waiting: waiting.length, newest })
  }
  const all = 'fault' in spools ? [...faults, spools.fault] : faults
  const names = new Set(repositories.map(({ repository }) => repository))
  return {
    isServed: sources.servedOn() !== undefined,
    spools: 'fault' in spools || !sight.seesAll ? [] : formatSpools(spools),
    repositories,
    unused: [...sources.repositories.keys()].filter(
      (repository) => !names.has(repository) && seesRepository(repository, known, state, sight),
    ),
    packages: known.announced.repositories.flatMap((each) => {
      const refreshes = new Map([...each.refreshes].filter(([, { environment }]) => sight.sees(environment)))
      if (refreshes.size === 0 && !sight.seesAll) return []
      return formatAnnouncing(
        { ...each, refreshes },
        { isServed: sources.servedOn() !== undefined, isWhole: false },
      )
    }),
    faults: sight.faults(all),
  }
}

/** Resolves with what is shown of a repository; undefined for one that is not there, or that the reader may not see. */
export async function readRepository(
  wanted: string,
  from: string | null,
  state: ConsoleState,
  sight: Sight,
): Promise<RepositoryData | undefined> {
  const { known, faults } = state.pipeline()
  const account = accountsOf(known).find(({ repository }) => repository === wanted)
  const isConfigured = state.sources.repositories.has(wanted)
  if ((account === undefined && !isConfigured) || !seesRepository(wanted, known, state, sight))
    return undefined
  const part = partOf(account?.commits ?? [], from, MAX_COMMITS)
  return {
    repository: wanted,
    isServed: state.sources.servedOn() !== undefined,
    waiting: account?.waiting ?? [],
    commits: { ...part, shown: await commitsOnTheirWay(part.shown, known, state, sight) },
    passedOver: account?.passedOver ?? [],
    faults: sight.faults(faults),
  }
}

/** Returns whether a reader may look at one of the environments that a repository goes to; at all of them where it goes to none. */
export function seesRepository(
  repository: string,
  known: PipelineState,
  { sources }: ConsoleState,
  sight: Sight,
): boolean {
  const ofCommits = known.commits
    .filter((commit) => commit.repository === repository)
    .flatMap(({ fetches }) => [...fetches.keys()])
  const ofPlans = known.deploys.plans
    .filter((plan) => plan.repository === repository)
    .map(({ environment }) => environment)
  const environments = new Set([...(sources.repositories.get(repository) ?? []), ...ofCommits, ...ofPlans])
  return environments.size === 0 ? sight.seesAll : [...environments].some(sight.sees)
}

async function commitsOnTheirWay(
  commits: readonly PushedCommit[],
  known: PipelineState,
  state: ConsoleState,
  { sees }: Sight,
): Promise<CommitOnItsWay[]> {
  const { sources } = state
  const runs = state.knowledge().runs.filter(({ environment }) => sees(environment))
  const rolloutsOf = await rolloutsOfCommits(commits, runs, (run) => state.verdictOf(run))
  const plansOf = plansOfCommits(known, sources.takesTag)
  const outputs = new BuildFolders(sources.state)
  const surroundings: PipelineSurroundings = {
    spool: undefined,
    isServed: sources.servedOn() !== undefined,
    servedOn: sources.servedOn(),
    now: sources.now(),
    outputOf: (build) => outputs.of(build).output,
    isFetchable: (commit, tag) => known.isFetchable(commit, tag),
    plansOf: (repository, commit) => plansOf(repository, commit).filter(({ plan }) => sees(plan.environment)),
    rolloutsOf,
    isWhole: false,
  }
  return commits.map((pushed) => {
    const fetches = new Map([...pushed.fetches].filter(([environment]) => sees(environment)))
    const plans = surroundings.plansOf(pushed.repository, pushed.commit) as readonly JudgedPlan[]
    return {
      ...describeCommit(
        { ...pushed, fetches },
        { ...surroundings, isFetchable: (_, tag) => known.isFetchable(pushed, tag) },
      ),
      repository: pushed.repository,
      tone: testsMark(pushed).tone,
      ways: waysOf(pushed, fetches, plans),
      plans: plans.flatMap(({ plan: { environment, run, outcome } }) =>
        outcome?.plan == null ? [] : [{ environment, plan: outcome.plan, run }],
      ),
      approve: plans
        .filter(
          ({ plan, person }) =>
            needsPerson(plan, person) && whyNotToApprove(known, plan, sources.takesTag) === undefined,
        )
        .map(({ plan }) => approveCommand(plan.repository, plan.outcome?.plan ?? '')),
    }
  })
}

/** Returns the steps of a commit's way, for each environment that it goes to. */
export function waysOf(
  pushed: PushedCommit,
  fetches: ReadonlyMap<string, HostsFetch>,
  plans: readonly JudgedPlan[],
): CommitOnItsWay['ways'] {
  const begun: Mark[] = [{ text: 'pushed', tone: 'good' }, testsMark(pushed)]
  const environments = new Set([...fetches.keys(), ...plans.map(({ plan }) => plan.environment)])
  if (environments.size === 0) return [{ environment: undefined, steps: begun }]
  return [...environments].map((environment) => {
    const last = plans.findLast(({ plan }) => plan.environment === environment)
    const fetch = fetches.get(environment)
    return {
      environment,
      steps: [
        ...begun,
        ...(fetch === undefined ? [] : [fetchMark(fetch)]),
        ...(last === undefined ? [] : planMarks(last)),
      ],
    }
  })
}

function testsMark(pushed: PushedCommit): Mark {
  const { build, gone, isToBuild } = pushed
  const last = lastFinished(pushed)
  if (build?.state === 'running') return { text: 'is being tested', tone: 'warn' }
  if (last?.state === 'failed') return { text: '✘ tests failed', tone: 'bad' }
  if (last?.state === 'succeeded') return { text: '✔ tests passed', tone: 'good' }
  return { text: isToBuild && gone === undefined ? 'waits for its tests' : 'not tested', tone: 'muted' }
}

function fetchMark({ answered, superseded }: HostsFetch): Mark {
  if (answered === undefined)
    return { text: superseded ? 'not fetched' : 'hosts fetch it', tone: superseded ? 'muted' : 'warn' }
  const all = answered.missing.reduce((sum, { hosts }) => sum + hosts.count, answered.has.count)
  const isAll = answered.missing.length === 0 && all > 0
  return { text: `${isAll ? '✔ ' : ''}on ${answered.has.count} of ${all}`, tone: isAll ? 'good' : 'warn' }
}

function planMarks({ plan, over, person }: JudgedPlan): Mark[] {
  const { state, approved, rollout } = plan
  if (state === 'running') return [{ text: 'is being planned', tone: 'warn' }]
  if (state !== 'succeeded') return [{ text: `✘ plan ${state}`, tone: 'bad' }]
  const planned: Mark = { text: '✔ planned', tone: 'good' }
  if (approved === undefined) {
    if (over !== undefined) return [planned, { text: 'over', tone: 'muted' }]
    return needsPerson(plan, person) ? [planned, { text: 'waits for approval', tone: 'warn' }] : [planned]
  }
  const yes: Mark = { text: '✔ approved', tone: 'good' }
  if (rollout === undefined)
    return [
      planned,
      yes,
      over === undefined ? { text: 'is rolled out soon', tone: 'warn' } : { text: 'over', tone: 'muted' },
    ]
  const came: Mark =
    rollout.state === 'running'
      ? { text: 'is being rolled out', tone: 'warn' }
      : rollout.state === 'succeeded'
        ? { text: '✔ rolled out', tone: 'good' }
        : { text: `✘ rollout ${rollout.state}`, tone: 'bad' }
  return [planned, yes, came]
}
