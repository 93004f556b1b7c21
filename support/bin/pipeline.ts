import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { readPublicKey } from '../bus/signing_key'
import { readSpoolSetting } from '../config/pipeline_setting'
import { rolloutsOfCommits, type RolloutsOf } from '../history/deployed_commits'
import { howToMend } from '../history/recording'
import { openHistory } from '../history/open_history'
import { BuildRequests } from '../pipeline/build_requests'
import { BuildFolders } from '../pipeline/build_folders'
import { formatPipeline, type SpoolAccounts } from '../pipeline/format_pipeline'
import { accountsOf, type RepositoryAccount } from '../pipeline/pipeline_account'
import { readPipeline } from '../pipeline/pipeline_journal'
import { PipelineState } from '../pipeline/pipeline_state'
import { accountForSpools } from '../pipeline/spool_accounts'
import { foldersIn } from '../run/folders'
import { configPath, surroundingsOf } from '../run/parameters'
import { recordedVerdict } from '../reporting/recorded_verdict'
import { servingMachine } from '../server/claim_pipeline'
import { systemClock } from '../system/clock'
import { formatLockstep } from '../system/commands'
import { LockstepError } from '../system/errors'
import type { Call, Outcome } from './command'
import { approvePlan, askForPlan, plansIn, tellGone } from './deploy_wishes'
import { followPipeline } from './follow_pipeline'
import { formatJson } from './json'
import { documentOfAnnouncing, documentOfRepository } from './pipeline_document'
import type { ReportOptions } from './report_build'

interface Options extends ReportOptions {
  again: string | undefined
  approve: string | undefined
  plan: string | undefined
  gone: string | undefined
  follow: boolean
  all: boolean
  json: boolean
  'public-key': boolean
}

/** Prints what has become of pushes. The exit status is 1 where nothing was pushed, or not everything is known. */
export async function pipeline({ cwd, env, args: [wanted], options }: Call<Options>): Promise<Outcome> {
  const { again, approve, plan, gone, all, follow, json, 'public-key': isKeyAsked, report } = options
  expectFitting(options)
  if (report !== undefined) return reporter().reportBuild(report, wanted, { cwd, env, options })
  const { state, history } = foldersIn(env)
  const [one, other] = Object.entries({ again, approve, plan, gone }).filter(([, said]) => said !== undefined)
  if (one !== undefined && other !== undefined)
    throw new LockstepError('bad-input', `--${one[0]} and --${other[0]} are two wishes; say one at a time`)
  if (isKeyAsked) return publicKeyOf(resolve(cwd, state))
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
  const serving = await servingIn(resolve(cwd, state), env)
  const { servedOn } = serving
  const served = servedOn !== undefined
  const pipelineState = PipelineState.of(events)
  const accounts = accountsOf(pipelineState).filter(
    ({ repository }) => wanted === undefined || repository === wanted,
  )
  if (again !== undefined) return askAgain(again, wanted, { known: pipelineState, served, env, cwd })
  const packages = pipelineState.announced.repositories.filter(
    ({ repository }) => wanted === undefined || repository === wanted,
  )
  const wishing = { known: pipelineState, servedOn, state: resolve(cwd, state), env }
  if (approve !== undefined || plan !== undefined || gone !== undefined) expectKnown(faults)
  if (approve !== undefined) return approvePlan(approve, wanted, wishing)
  if (plan !== undefined) return askForPlan(plan, wanted, wishing)
  if (gone !== undefined) return tellGone(gone, wanted, wishing)
  const plansOf = plansIn(pipelineState)
  const spool = spoolIn(env, cwd)
  const carried = await rolloutsOf(accounts, { state, history, cwd, env })
  const notKnown = [
    ...faults,
    ...serving.faults,
    ...carried.faults,
    ...('fault' in spool ? [spool.fault] : []),
  ]
  const known = 'fault' in spool ? undefined : spool.account
  const announcements = 'fault' in spool ? undefined : spool.announcements
  const revisions = 'fault' in spool ? undefined : spool.revisions
  const waiting = [known, announcements, revisions].reduce((sum, one) => sum + (one?.waiting ?? 0), 0)
  const isNothing = accounts.length + packages.length + waiting === 0
  const exitCode = isNothing || notKnown.length > 0 ? 1 : 0
  if (json) {
    const repositories = accounts.map((account) => documentOfRepository(account, carried.of, plansOf))
    return {
      text: formatJson('lockstep/pipeline/1', {
        served,
        repositories,
        packages: packages.map(documentOfAnnouncing),
        spool: known ?? null,
        announcements: announcements ?? null,
        revisions: revisions ?? null,
        notKnown,
      }),
      exitCode,
    }
  }
  const outputs = new BuildFolders(state)
  const text = formatPipeline(accounts, {
    spool: known,
    announcements,
    revisions,
    // Where that is not known, it is not said that it does not run.
    isServed: served || serving.faults.length > 0,
    servedOn,
    now: systemClock.now(),
    outputOf: (build) => outputs.of(build).output,
    isFetchable: (commit, tag) => pipelineState.isFetchable(commit, tag),
    plansOf,
    rolloutsOf: carried.of,
    packages,
    isWhole: all,
  })
  const nothing = `No push${wanted === undefined ? '' : ` to ${wanted}`} is known here.\n`
  const complaint = notKnown.map((fault) => `Not everything is known: ${fault}\n`).join('')
  return { text: isNothing ? `${text}${nothing}` : text, complaint, exitCode }
}

/** Returns the machine of the process that serves; undefined where there is none, or where that cannot be known. */
async function servingIn(
  state: string,
  env: Call['env'],
): Promise<{ servedOn: string | undefined; faults: string[] }> {
  try {
    return { servedOn: await servingMachine(state, env), faults: [] }
  } catch (error) {
    if (!(error instanceof LockstepError) || error.code !== 'lock-failed') throw error
    return {
      servedOn: undefined,
      faults: [`it cannot be told whether lockstep serve runs here: ${error.message}`],
    }
  }
}

/** A wish goes by what is known: a journal that lacks something may have a newer plan. */
function expectKnown([fault]: readonly string[]): void {
  if (fault !== undefined) throw new LockstepError('journal-failed', `not everything is known: ${fault}`)
}

/** The part that reports is loaded only where it is needed. */
function reporter() {
  return require('./report_build') as typeof import('./report_build')
}

/** Refuses an option that would be left out without a word. */
function expectFitting({ report, again, approve, plan, gone, all, follow, json, ...rest }: Options): void {
  const { commit, build, url, to, secret, 'secret-env': name, 'public-key': isKeyAsked } = rest
  const ofReport = { commit, build, url, to, secret, 'secret-env': name }
  const others = { again, approve, plan, gone, all, follow, json, 'public-key': isKeyAsked }
  const [odd] = Object.entries(report === undefined ? ofReport : others).find(([, given]) => given) ?? []
  if (odd !== undefined)
    throw new LockstepError(
      'bad-input',
      `--${odd} ${report === undefined ? 'is for --report alone' : 'does not go with --report'}`,
    )
}

/** Prints the key alone, so that it can be written to a file. */
function publicKeyOf(state: string): Outcome {
  const text = readPublicKey(state)
  if (text !== undefined) return { text, exitCode: 0 }
  const complaint = `There is no key below ${state}, or this user may not see it: lockstep serve makes one when it first runs with pipeline.bus.\n`
  return { text: '', complaint, exitCode: 1 }
}

/** Leaves a request with `lockstep serve`, which alone writes journals. */
function askAgain(
  again: string,
  repository: string | undefined,
  { known, served, env, cwd }: { known: PipelineState; served: boolean } & Pick<Call, 'env' | 'cwd'>,
): Outcome {
  if (repository === undefined)
    throw new LockstepError(
      'bad-config',
      `--again is of one repository; say: ${formatLockstep(`pipeline NAME --again ${again}`)}`,
    )
  const config = configPath(surroundingsOf(env), cwd)
  const { built, reported } = (config === undefined ? undefined : readSpoolSetting(config)) ?? {}
  if (reported?.includes(repository) === true)
    throw new LockstepError(
      'bad-config',
      `another CI tests ${repository} and starts by itself: start its job again there, and lockstep serve takes its report`,
    )
  if (built?.includes(repository) === false)
    throw new LockstepError(
      'bad-config',
      `${repository} has no ci in ${config}: expected ci: { command: […] }, which tests its commits`,
    )
  const found = known.commits.filter(
    (one) => one.repository === repository && /^[0-9a-f]{4,}$/.test(again) && one.commit.startsWith(again),
  )
  const [first] = found
  if (first === undefined || found.length > 1)
    throw new LockstepError(
      'bad-config',
      `${found.length === 0 ? 'no' : found.length} commits of ${repository} that were pushed begin with ${JSON.stringify(again)}; expected one: ${formatLockstep(`pipeline ${repository} --all`)} lists them`,
    )
  const { state } = foldersIn(env)
  new BuildRequests(resolve(cwd, state)).leave({ repository, commit: first.commit, by: userInfo().username })
  const when = served ? 'soon' : 'once lockstep serve runs'
  return {
    text: `${repository}: ${first.commit.slice(0, 12)} is tested again ${when}; its earlier results stay.\n`,
    exitCode: 0,
  }
}

/** Returns a signal for the moment when a person ends the command, or reads its output no longer. */
function untilEnough(): AbortSignal {
  const end = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.abort())
  process.stdout.once('close', () => end.abort())
  return end.signal
}

/** Returns what waits in the spool; no account where no hook leaves pushes in one. */
function spoolIn(env: Call['env'], cwd: string): SpoolAccounts | { fault: string } {
  const config = configPath(surroundingsOf(env), cwd)
  return accountForSpools(config === undefined ? undefined : readSpoolSetting(config))
}

/** Returns the rollouts that carried commits, by the history. The verdict of each is that of its own journal. */
async function rolloutsOf(
  accounts: readonly RepositoryAccount[],
  { state, history, cwd, env }: { state: string; history: string } & Pick<Call, 'cwd' | 'env'>,
): Promise<{ of: RolloutsOf; faults: string[] }> {
  const folders = { state: resolve(cwd, state), history: resolve(cwd, history) }
  const whole = await openHistory({ config: configPath(surroundingsOf(env), cwd), env, folders })
  const { runs, damaged } = whole.all()
  const commits = accounts.flatMap((account) => account.commits)
  const of = await rolloutsOfCommits(commits, runs, (run) => recordedVerdict(run, state, cwd))
  const faults = [
    ...damaged.map(
      (path) => `${path} is no history that can be read, and is passed over; ${howToMend(path)}`,
    ),
    ...(whole.notKnown === undefined ? [] : [whole.notKnown]),
  ]
  return { of, faults }
}
