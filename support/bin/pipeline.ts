import { resolve } from 'node:path'
import { readSpoolSetting } from '../config/pipeline_setting'
import { carryingRuns, keyOfCommit, type CarryingRun } from '../history/deployed_commits'
import { howToMend } from '../history/recording'
import { HistoryStore } from '../history/store'
import { BuildFolders } from '../pipeline/build_folders'
import { formatPipeline, type SpoolAccount } from '../pipeline/format_pipeline'
import { accountsOf, type RepositoryAccount } from '../pipeline/pipeline_account'
import type { PushedCommit } from '../pipeline/pipeline_state'
import { readPipeline } from '../pipeline/pipeline_journal'
import { PipelineState } from '../pipeline/pipeline_state'
import { Spool } from '../pipeline/spool'
import { foldersIn } from '../run/folders'
import { configPath, surroundingsOf } from '../run/parameters'
import { recordedVerdict } from '../reporting/recorded_verdict'
import { isServed } from '../server/claim_pipeline'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import type { Call, Outcome } from './command'
import { followPipeline } from './follow_pipeline'
import { formatJson } from './json'

interface Options {
  follow: boolean
  all: boolean
  json: boolean
}

/** Prints what has become of pushes. The exit status is 1 where nothing was pushed, or not everything is known. */
export async function pipeline({
  cwd,
  env,
  args: [wanted],
  options: { all, follow, json },
}: Call<Options>): Promise<Outcome> {
  const { state, history } = foldersIn(env)
  if (follow) {
    if (json || all)
      throw new LockstepError(
        'bad-input',
        `--follow prints sentences of what is new, and does not go with ${json ? '--json' : '--all'}; leave one of them out`,
      )
    const isWhole = await followPipeline({
      state: resolve(cwd, state),
      wanted,
      clock: systemClock,
      signal: untilEnough(),
      write: (text) => process.stdout.write(text),
      complain: (text) => process.stderr.write(text),
    })
    return { text: '', exitCode: isWhole ? 0 : 1 }
  }
  const { events, faults } = readPipeline(resolve(cwd, state))
  const served = await isServed(resolve(cwd, state), env)
  const accounts = accountsOf(PipelineState.of(events)).filter(
    ({ repository }) => wanted === undefined || repository === wanted,
  )
  const spool = spoolIn(env, cwd)
  const carried = await rolloutsOf(accounts, { state, history, cwd })
  const notKnown = [...faults, ...carried.faults, ...('fault' in spool ? [spool.fault] : [])]
  const known = 'fault' in spool ? undefined : spool.account
  const isNothing = accounts.length === 0 && (known?.waiting ?? 0) === 0
  const exitCode = isNothing || notKnown.length > 0 ? 1 : 0
  if (json) {
    const repositories = accounts.map((account) => documentOf(account, carried.of))
    return {
      text: formatJson('lockstep/pipeline/1', { served, repositories, spool: known ?? null, notKnown }),
      exitCode,
    }
  }
  const outputs = new BuildFolders(state)
  const text = formatPipeline(accounts, {
    spool: known,
    isServed: served,
    outputOf: (build) => outputs.of(build).output,
    rolloutsOf: carried.of,
    isWhole: all,
  })
  const nothing = `No push${wanted === undefined ? '' : ` to ${wanted}`} is known here.\n`
  const complaint = notKnown.map((fault) => `Not everything is known: ${fault}\n`).join('')
  return { text: isNothing ? `${text}${nothing}` : text, complaint, exitCode }
}

/** Returns a signal for the moment when a person ends the command, or reads its output no longer. */
function untilEnough(): AbortSignal {
  const end = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.abort())
  process.stdout.once('close', () => end.abort())
  return end.signal
}

/** Returns what waits in the spool; no account where no hook leaves pushes in one. */
function spoolIn(env: Call['env'], cwd: string): { account: SpoolAccount | undefined } | { fault: string } {
  const config = configPath(surroundingsOf(env), cwd)
  const setting = config === undefined ? undefined : readSpoolSetting(config)
  if (setting?.isUsed !== true) return { account: undefined }
  const { path } = setting
  const spool = new Spool(path)
  try {
    return { account: { path, waiting: spool.waiting().length, refused: spool.countRefused() } }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return { fault: error.message }
  }
}

type Carried = CarryingRun & { verdict: string | undefined }
type RolloutsOf = (repository: string, commit: string) => readonly Carried[]

/** Returns the rollouts that carried commits, by the history. The verdict of each is that of its own journal. */
async function rolloutsOf(
  accounts: readonly RepositoryAccount[],
  { state, history, cwd }: { state: string; history: string; cwd: string },
): Promise<{ of: RolloutsOf; faults: string[] }> {
  const { runs, damaged } = new HistoryStore(resolve(cwd, history)).all()
  const all = carryingRuns(runs)
  const verdicts = new Map<string, Promise<string | undefined>>()
  const found = new Map<string, readonly Carried[]>()
  for (const { repository, commits } of accounts)
    for (const { commit } of commits) {
      const key = keyOfCommit(repository, commit)
      const carrying: Carried[] = []
      for (const each of all.get(key) ?? []) {
        const verdict = verdicts.get(each.run) ?? recordedVerdict(each.run, state, cwd)
        verdicts.set(each.run, verdict)
        carrying.push({ ...each, verdict: await verdict })
      }
      found.set(key, carrying)
    }
  const faults = damaged.map(
    (path) => `${path} is no history that can be read, and is passed over; ${howToMend(path)}`,
  )
  return { of: (repository, commit) => found.get(keyOfCommit(repository, commit)) ?? [], faults }
}

function documentOf({ repository, commits, waiting, passedOver }: RepositoryAccount, carriedBy: RolloutsOf) {
  return {
    repository,
    commits: commits.map(({ commit, refs, seenAt, build, fetches }: PushedCommit) => ({
      commit,
      refs,
      seenAt,
      build:
        build === undefined
          ? null
          : {
              build: build.build,
              state: build.state,
              begunAt: build.begunAt,
              seconds: build.seconds ?? null,
              why: build.why,
            },
      fetches: [...fetches.values()].map(({ answered, ...fetch }) => ({
        ...fetch,
        answered:
          answered === undefined ? null : { at: answered.at, has: answered.has, missing: answered.missing },
      })),
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
