import { clean } from '../rollout/model/verdict'
import { formatDuration, formatSeconds } from '../system/duration'
import { shortId } from '../system/git_names'
import type { AnnouncingRepository } from './announced_packages'
import type { PlanOfTag } from './deploy_state'
import { formatPlan, type PlanSurroundings } from './format_deploy'
import { formatFetch } from './format_fetch'
import { formatAnnouncing } from './format_packages'
import type { RepositoryAccount } from './pipeline_account'
import type { Build, BuildOrderState, PushedCommit } from './pipeline_state'
import { splitRef } from './ref_globs'
import { lastFinished } from './tested_commit'

/** The most lines of each kind that are shown, unless all are asked for. */
const SHOWN = 20

/** The pushes that wait in the spool, where that is known. */
export interface SpoolAccount {
  path: string
  waiting: number
  refused: number
}

/** A rollout that told hosts to serve a commit. */
export interface CarriedBy {
  run: string
  environment: string
  tag: string
  /** The verdict that the run itself tells; undefined where its journal does not tell it. */
  verdict: string | undefined
}

/** The facts that pushes are shown with. */
export interface PipelineSurroundings {
  /** Undefined where no hook leaves pushes in one. */
  spool: SpoolAccount | undefined
  /** True while a process takes pushes and tests commits. */
  isServed: boolean
  /** The machine of that process; undefined where that is not known. */
  servedOn?: string | undefined
  /** The announcements that wait in their spool; undefined where no package repository leaves any. */
  announcements?: SpoolAccount | undefined
  /** The revisions that wait in their spool; undefined where no Subversion repository leaves any. */
  revisions?: SpoolAccount | undefined
  /** The time of now, in milliseconds. */
  now: number
  /** Returns where the output of a build is. */
  outputOf: (build: string) => string
  /** Returns whether a commit is at a tag now, and its tests have passed. */
  isFetchable: (commit: PushedCommit, tag: string) => boolean
  /** Returns the plans of a commit, oldest first, each with why it cannot be carried out any more, if it cannot. */
  plansOf: (
    repository: string,
    commit: string,
  ) => readonly ({ plan: PlanOfTag } & Omit<PlanSurroundings, 'isServed' | 'servedOn'>)[]
  /** Returns the rollouts that carried a commit, oldest first. */
  rolloutsOf: (repository: string, commit: string) => readonly CarriedBy[]
  /** The package repositories that have announced something; absent where there are none. */
  packages?: readonly AnnouncingRepository[]
  /** True where also what is old is shown, and what was passed over. */
  isWhole: boolean
}

/**
 * Formats what became of pushes: what waits first, then commits, the newest first. A commit without a build is never
 * said to have passed.
 */
export function formatPipeline(
  accounts: readonly RepositoryAccount[],
  surroundings: PipelineSurroundings,
): string {
  const { spool, announcements, revisions, isServed, packages = [] } = surroundings
  const spools = [spool, announcements, revisions]
  const isNothing =
    accounts.length + packages.length === 0 && spools.every((each) => (each?.waiting ?? 0) === 0)
  const lines = [
    ...(isServed || isNothing
      ? []
      : ['lockstep serve does not run here: nothing is taken, and nothing is tested']),
    ...formatSpools({ account: spool, announcements, revisions }),
    ...accounts.flatMap((account) => formatRepository(account, surroundings)),
    ...packages.flatMap((each) => formatAnnouncing(each, surroundings)),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** What waits in the spools of pushes, of announcements and of Subversion's revisions; undefined for one that nothing leaves anything in. */
export type SpoolAccounts = Record<'account' | 'announcements' | 'revisions', SpoolAccount | undefined>

/** Formats what waits in each spool, and what was refused there. */
export function formatSpools({ account, announcements, revisions }: SpoolAccounts): string[] {
  return [
    ...(account === undefined ? [] : formatSpool(account, ['push', 'pushes'])),
    ...(announcements === undefined ? [] : formatSpool(announcements, ['announcement', 'announcements'])),
    ...(revisions === undefined ? [] : formatSpool(revisions, ['revision', 'revisions'])),
  ]
}

function formatSpool({ path, waiting, refused }: SpoolAccount, [one, many]: [string, string]): string[] {
  return [
    ...(waiting === 0
      ? []
      : [`${count(waiting, one, many)} in ${path}: lockstep serve has not taken ${them(waiting)} yet`]),
    ...(refused === 0
      ? []
      : [`${count(refused, one, many)} in ${path}/refused: the reason lies beside each`]),
  ]
}

function formatRepository(
  { repository, commits, waiting, passedOver }: RepositoryAccount,
  surroundings: PipelineSurroundings,
): string[] {
  const { isWhole } = surroundings
  const shown = isWhole ? commits : commits.slice(0, SHOWN)
  const left = commits.length - shown.length
  return [
    `${repository}: ${count(commits.length, 'commit', 'commits')}`,
    ...waiting
      .slice(0, SHOWN)
      .map(
        ({ ref, at }) => `  ${abbreviateRef(ref)} was pushed at ${at}; the repository has not been asked yet`,
      ),
    ...shown.flatMap((commit) => formatCommit(commit, surroundings)),
    ...(left > 0 ? [`  … and ${left} older; --all shows them`] : []),
    ...(isWhole ? passedOver : []).map(
      ({ ref, why, at }) => `  passed over at ${at}: ${abbreviateRef(ref)}: ${clean(why)}`,
    ),
  ]
}

function formatCommit(pushed: PushedCommit, surroundings: PipelineSurroundings): string[] {
  const { id, refs, seenAt, tests, below } = describeCommit(pushed, surroundings)
  return [`  ${id}  ${refs}  ${seenAt}  ${tests}`, ...below.map((each) => `      ${each}`)]
}

/** A commit in words: its short id, its refs, how its tests went, and a line for all that came of it. */
export interface DescribedCommit {
  id: string
  refs: string
  seenAt: string
  tests: string
  below: string[]
}

/** Describes what became of a commit. */
export function describeCommit(
  pushed: PushedCommit,
  { isServed, servedOn, now, outputOf, isFetchable, plansOf, rolloutsOf, isWhole }: PipelineSurroundings,
): DescribedCommit {
  const { repository, commit, refs, seenAt, gone, isAskedFor, build, earlier, fetches } = pushed
  const last = lastFinished({ build, earlier })
  const notTested = last === undefined ? 'not tested' : 'not tested again'
  const tests = gone === undefined ? formatBuild(build, { isServed, now }) : `${notTested}: ${clean(gone)}`
  const below = [
    ...(build?.state === 'failed' && gone === undefined
      ? placeOf(build, outputOf).map((at) => `see ${at}`)
      : []),
    ...(isAskedFor ? ['is to be tested again'] : []),
    // A result does not take back another one of the same commit.
    ...[...earlier]
      .reverse()
      .map((each) =>
        ['before: ' + formatBuild(each, { isServed, now }), ...placeOf(each, outputOf)].join(', '),
      ),
    ...[...fetches.values()].map((fetch) =>
      formatFetch(fetch, {
        isServed,
        hasFailed: last?.state === 'failed',
        isFetchable: isFetchable(pushed, fetch.tag),
      }),
    ),
    ...plansOf(repository, commit)
      .filter(({ plan }) => isWhole || !plan.isSuperseded || plan.approved !== undefined)
      .flatMap(({ plan, ...around }) => formatPlan(plan, { isServed, servedOn, ...around })),
    ...rolloutsOf(repository, commit).map(formatRollout),
  ]
  return { id: shortId(commit), refs: refs.map(abbreviateRef).join(', '), seenAt, tests, below }
}

function formatRollout({ run, environment, tag, verdict }: CarriedBy): string {
  const came = verdict ?? 'its verdict is not known, since its journal does not tell it'
  return `deployed as ${clean(tag)} in ${clean(environment)} by run ${run}: ${came}`
}

function formatBuild(
  build: Build | undefined,
  { isServed, now }: Pick<PipelineSurroundings, 'isServed' | 'now'>,
): string {
  if (build === undefined) return 'not tested'
  if (build.state === 'running' && build.order !== undefined) return formatOrder(build, build.order, now)
  const { state, seconds, why, elsewhere } = build
  const time = seconds === undefined ? undefined : formatSeconds(seconds * 1000)
  switch (state) {
    case 'running':
      return isServed || elsewhere !== undefined
        ? `is being tested since ${build.begunAt}`
        : 'was being tested when lockstep serve ended'
    case 'succeeded':
      return `tests passed${time === undefined ? '' : ` in ${time}`}${nameElsewhere(elsewhere)}`
    case 'failed':
      return `tests FAILED${time === undefined ? '' : ` after ${time}`}: ${clean(why ?? 'no reason is known')}`
    case 'interrupted':
      return `test interrupted, begins again: ${clean(why ?? 'no reason is known')}`
  }
}

/** Says where an order to runners is. It is never said to have passed. */
function formatOrder({ begunAt }: Build, { confirmed, takers }: BuildOrderState, now: number): string {
  const taker = takers.at(-1)
  if (taker !== undefined) return `is being tested by the runner ${clean(taker.runner)} since ${taker.at}`
  const waited = formatDuration(Math.max(1_000, now - Date.parse(confirmed?.at ?? begunAt)))
  return confirmed === undefined
    ? `waits for the broker of the bus for ${waited}, so that a runner can take it`
    : `waits for a runner for ${waited}`
}

function nameElsewhere(elsewhere: Build['elsewhere']): string {
  return elsewhere === undefined ? '' : `, as build ${clean(elsewhere.build, 80)} of its CI`
}

/** Returns where a person sees more of a build; nothing where its CI has not said so. */
function placeOf({ build, elsewhere }: Build, outputOf: (build: string) => string): string[] {
  if (elsewhere === undefined) return [outputOf(build)]
  return elsewhere.url === null ? [] : [clean(elsewhere.url)]
}

/** Returns a ref in as few words as tell it: `main`, `tag v1`. */
export function abbreviateRef(ref: string): string {
  const { kind, name } = splitRef(ref)
  return kind === 'tag' ? `tag ${clean(name, 80)}` : clean(name, 80)
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`
}

function them(n: number): string {
  return n === 1 ? 'it' : 'them'
}
