import {
  groupLeftHosts,
  putBackByHand,
  putBackCommand,
  type LeftHosts,
} from '../../reporting/put_back_command'
import { findLeftHosts } from '../../rollout/model/out_of_rotation'
import { describeHolder } from '../../locks/run_locks'
import type { Holder } from '../../locks/host_locks'
import { needsPerson, describePlan } from '../../pipeline/format_deploy'
import { formatSpools } from '../../pipeline/format_pipeline'
import { judgePlan, whyNotToApprove } from '../../pipeline/judge_approval'
import type { PipelineState } from '../../pipeline/pipeline_state'
import type { RunJournal } from '../../run/journals'
import { formatLockstep, PLACES, quoteWord } from '../../system/commands'
import { shortId } from '../../system/git_names'
import { groupBy } from '../../system/groups'
import type { HostRelease } from '../../history/host_releases'
import { runOfPart } from '../../history/deployed_commits'
import { standingOf } from '../../history/standing'
import { UNRELEASED, type HistoryEntry } from '../../history/history_record'
import { stillStarting, type BegunRollout } from '../begun_rollout'
import type { ConsoleState, Knowledge } from './console_state'
import type { Sight } from './sight'
import type { ConsoleSources, WaitingStart } from './sources'

/** What the page Now shows, of the environments that its reader may look at. */
export interface NowData {
  now: number
  /** True where the reader may look at every environment. */
  isWhole: boolean
  /** True where other control hosts share their histories, and hosts that they took out are not known here. */
  isShared: boolean
  /** True where live runs have left journals: without any, nothing says that all hosts are in rotation. */
  hasJournals: boolean
  out: readonly OutOfRotation[]
  underWay: readonly RolloutUnderWay[]
  /** The rollouts that were begun, and of which no journal tells anything yet. */
  starting: readonly BegunRollout[]
  approvals: readonly WaitingApproval[]
  /** The gates at which rollouts under way wait. */
  gates: readonly WaitingGate[]
  starts: readonly WaitingStart[]
  /** True where lockstep.yaml names features that people start from pages. */
  canStart: boolean
  /** Pushes and announcements that nothing has taken yet. */
  spools: readonly string[]
  environments: readonly EnvironmentReleases[]
  /** The locks of runs that are not under way here. */
  locks: readonly string[]
  /** The runs that may have changed hosts, and that the history does not have. */
  unwritten: readonly UnwrittenRun[]
  faults: readonly string[]
}

export interface OutOfRotation extends LeftHosts {
  environment: string
  putBack: string
  byHand: string | undefined
  /** True while the rollout that has taken them out is under way. */
  isGoing: boolean
}

export interface WaitingGate {
  run: string
  feature: string
  environment: string
  gate: string
  question: string
  since: string
  until: string
  /** The hosts that the run has taken out of rotation, and not put back yet. */
  out: readonly string[]
}

export interface RolloutUnderWay {
  run: string
  feature: string
  environment: string
  release: string | undefined
  by: string | undefined
  began: string
  hosts: number
  wave: string | undefined
}

export interface WaitingApproval {
  repository: string
  /** The run that made the plan. */
  run: string
  environment: string
  /** The plan in words, as `lockstep pipeline` has it. */
  plan: string
  /** Why a person has to approve it where the configuration approves others. */
  why: string | undefined
  tag: string
  commit: string
  since: string
  approve: string
}

/** The releases of an environment, the one with the most hosts first. */
export interface EnvironmentReleases {
  environment: string
  /** The number of hosts that runs were for, with a release or without. */
  hosts: number
  releases: readonly ReleaseOnHosts[]
}

export interface ReleaseOnHosts {
  release: string
  /** The hosts that it was last on, by what it came to there. */
  hosts: Readonly<Record<HostRelease['standing'], readonly string[]>>
  count: number
  /** The last moment when it came to one of them. */
  since: string
  /** True when it has passed on all hosts of its roll calls. */
  passed: boolean
  /** Why it has not passed; undefined where it has, or where it is none. */
  why: string | undefined
}

export async function readNow(state: ConsoleState, sight: Sight): Promise<NowData> {
  const { sources } = state
  const { journals, faults } = state.journals()
  const knowledge = state.knowledge()
  const { known, faults: pipelineFaults } = state.pipeline()
  const holders = await sources.locks()
  const environmentOf = environmentsOf(journals)
  const sees = (run: string) => {
    const environment = environmentOf.get(run)
    return environment === undefined ? sight.seesAll : sight.sees(environment)
  }
  const underWay = rolloutsUnderWay(journals, holders, sources.isAlive)
  const going = new Set(underWay.map(({ run }) => run))
  const spools = sources.spools()
  const all = [
    ...faults,
    ...knowledge.damaged,
    ...pipelineFaults,
    ...(typeof holders === 'string' ? [holders] : []),
    ...('fault' in spools ? [spools.fault] : []),
  ]
  const told = new Set(journals.flatMap(({ run }) => (environmentOf.has(run) ? [run] : [])))
  return {
    now: sources.now(),
    isWhole: sight.isWhole,
    isShared: sources.sharing !== undefined,
    hasJournals: journals.length > 0,
    out: leftOut(journals, environmentOf, going).filter(({ first }) => sees(first.run)),
    underWay: underWay.filter(({ environment }) => sight.sees(environment)),
    starting: stillStarting(state.begunRollouts(), (run) => told.has(run)).filter(({ environment }) =>
      sight.sees(environment),
    ),
    approvals: waitingApprovals(known, sources.takesTag).filter(({ environment }) => sight.sees(environment)),
    gates: waitingGates(journals, underWay).filter(({ environment }) => sight.sees(environment)),
    starts: (sources.startsWaiting?.() ?? []).filter(({ environment }) => sight.sees(environment)),
    canStart: sources.canStart ?? false,
    spools: 'fault' in spools || !sight.seesAll ? [] : formatSpools(spools),
    environments: environmentReleases(knowledge, sight, sources.environments),
    locks:
      typeof holders === 'string'
        ? []
        : holders.filter(({ run }) => !going.has(run) && sees(run)).map(describeHolder),
    unwritten: unwrittenRuns(journals, knowledge.runs, going).filter(({ run }) => sees(run)),
    faults: sight.faults(all),
  }
}

export interface UnwrittenRun {
  run: string
  feature: string
  hosts: number
}

/** Returns the runs whose process is gone, whose journal has hosts and no end, and that nothing has written into the history. */
export function unwrittenRuns(
  journals: readonly RunJournal[],
  runs: readonly HistoryEntry[],
  underWay: ReadonlySet<string>,
): UnwrittenRun[] {
  const written = new Set(runs.map(({ run }) => runOfPart(run)))
  return journals.flatMap(({ run, entries }) => {
    const began = entries.find((entry) => entry.type === 'run')
    const hosts = new Set(entries.flatMap((entry) => (entry.type === 'roll call' ? entry.hosts : []))).size
    const isKnown =
      written.has(run) || underWay.has(run) || entries.some(({ type }) => type === 'rollouts ended')
    return began === undefined || isKnown || hosts === 0 ? [] : [{ run, feature: began.feature, hosts }]
  })
}

/** Returns the environment of each run that has a journal of a live run. */
function environmentsOf(journals: readonly RunJournal[]): Map<string, string> {
  return new Map(
    journals.flatMap(({ run, entries }) => {
      const began = entries.find((entry) => entry.type === 'run')
      return began === undefined ? [] : [[run, began.environment] as const]
    }),
  )
}

/** The most hosts that a command by hand names. */
const MAX_IN_COMMAND = 8

function leftOut(
  journals: readonly RunJournal[],
  environmentOf: ReadonlyMap<string, string>,
  going: ReadonlySet<string>,
): OutOfRotation[] {
  return groupLeftHosts(findLeftHosts(journals)).map((left) => ({
    ...left,
    environment: environmentOf.get(left.first.run) ?? '',
    putBack: putBackCommand(left.first.run, journals),
    byHand: putBackByHand(left.first.obligation, left.hosts, MAX_IN_COMMAND),
    isGoing: going.has(left.first.run),
  }))
}

/**
 * Returns the rollouts whose process is there: by its lock where it has one, else by its number on this machine, which is all that
 * is known of a run before its first change.
 */
export function rolloutsUnderWay(
  journals: readonly RunJournal[],
  holders: readonly Holder[] | string,
  isAlive: ConsoleSources['isAlive'],
): RolloutUnderWay[] {
  const locks = new Map((typeof holders === 'string' ? [] : holders).map((holder) => [holder.run, holder]))
  return journals.flatMap(({ run, entries }) => {
    const began = entries.find((entry) => entry.type === 'run')
    if (began === undefined || entries.some(({ type }) => type === 'rollouts ended')) return []
    const lock = locks.get(run)
    if (!(lock === undefined ? isAlive(began.pid, Date.parse(began.at)) : lock.state === 'alive')) return []
    const wave = entries.findLast((entry) => entry.type === 'wave')
    const rollCall = entries.findLast((entry) => entry.type === 'roll call')
    const named = entries.findLast((entry) => entry.type === 'release')
    return [
      {
        run,
        feature: began.feature,
        environment: began.environment,
        release: named?.release ?? began.release,
        by: began.by,
        began: began.at,
        hosts: rollCall?.hosts.length ?? 0,
        wave: wave?.name,
      },
    ]
  })
}

/** Returns the gates at which rollouts under way wait for a person. */
function waitingGates(journals: readonly RunJournal[], underWay: readonly RolloutUnderWay[]): WaitingGate[] {
  const left = findLeftHosts(journals)
  return underWay.flatMap(({ run, feature, environment }) => {
    const entries = journals.find((each) => each.run === run)?.entries ?? []
    const last = entries.findLast(({ type }) => type === 'gate waits' || type === 'gate ended')
    if (last?.type !== 'gate waits') return []
    const { gate, question, until, at } = last
    const out = [...new Set(left.flatMap((each) => (each.run === run ? [each.host] : [])))]
    return [{ run, feature, environment, gate, question, since: at, until, out }]
  })
}

/** Returns the plans that a person has to approve, and may. */
export function waitingApprovals(
  known: PipelineState,
  takesTag: (tag: string) => boolean,
): WaitingApproval[] {
  return known.deploys.plans.flatMap((plan) => {
    if (whyNotToApprove(known, plan, takesTag) !== undefined || plan.outcome === undefined) return []
    const { person } = judgePlan(known, plan, takesTag)
    if (!needsPerson(plan, person)) return []
    const { run, repository, environment, tag, commit, outcome, endedAt, begunAt } = plan
    return [
      {
        repository,
        run,
        environment,
        plan: describePlan(environment, outcome),
        why: person,
        tag,
        commit: shortId(commit),
        since: endedAt ?? begunAt,
        approve: approveCommand(repository, outcome.plan ?? ''),
      },
    ]
  })
}

export function approveCommand(repository: string, plan: string): string {
  return formatLockstep(`pipeline ${quoteWord(repository)} --approve ${quoteWord(plan)}`, PLACES)
}

/** Returns which releases the hosts of each environment had last, as the history has it. */
export function environmentReleases(
  { runs, releases, seen }: Knowledge,
  { sees }: Sight,
  order: readonly string[],
): EnvironmentReleases[] {
  const byRelease = groupBy(runs, keyOf)
  const byEnvironment = groupBy(
    releases.filter(({ environment }) => sees(environment)),
    ({ environment }) => environment,
  )
  const known = groupBy(seen, ({ environment }) => environment)
  const names = [
    ...order.filter(sees),
    ...[...known.keys()]
      .filter(sees)
      .sort()
      .filter((name) => !order.includes(name)),
  ]
  return names.map((environment) => {
    const hosts = byEnvironment.get(environment) ?? []
    const groups = [...groupBy(hosts, ({ release }) => release).values()]
    return {
      environment,
      hosts: new Set([...hosts, ...(known.get(environment) ?? [])].map(({ host }) => host)).size,
      releases: groups
        .flatMap((group) => releaseOn(group, byRelease) ?? [])
        .sort((a, b) => b.count - a.count || (a.since < b.since ? 1 : -1)),
    }
  })
}

function releaseOn(
  group: readonly HostRelease[],
  byRelease: ReadonlyMap<string, readonly HistoryEntry[]>,
): ReleaseOnHosts | undefined {
  const [first] = group
  if (first === undefined) return undefined
  const standing = standingOf(byRelease.get(keyOf(first)) ?? [], 'live')
  const isOne = first.release !== UNRELEASED
  const on = (wanted: HostRelease['standing']) =>
    group.filter((each) => each.standing === wanted).map(({ host }) => host)
  return {
    release: first.release,
    hosts: { had: on('had'), unfinished: on('unfinished'), 'went back': on('went back') },
    count: group.length,
    since: group.reduce((last, { since }) => (since > last ? since : last), ''),
    passed: isOne && standing.passed,
    why: !isOne || standing.passed ? undefined : standing.why,
  }
}

function keyOf({ environment, release }: Pick<HistoryEntry, 'environment' | 'release'>): string {
  return `${environment}\0${release}`
}
