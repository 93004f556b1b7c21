import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { readPublicKey } from '../bus/signing_key'
import { readSpoolSetting } from '../config/pipeline_setting'
import { BuildRequests } from '../pipeline/build_requests'
import { BuildFolders } from '../pipeline/build_folders'
import { formatPipeline, type SpoolAccount } from '../pipeline/format_pipeline'
import { accountsOf, type RepositoryAccount } from '../pipeline/pipeline_account'
import { readPipeline } from '../pipeline/pipeline_journal'
import { PipelineState, type Build } from '../pipeline/pipeline_state'
import { Spool } from '../pipeline/spool'
import { foldersIn } from '../run/folders'
import { configPath, surroundingsOf } from '../run/parameters'
import { isServed } from '../server/claim_pipeline'
import { formatLockstep } from '../system/commands'
import { LockstepError } from '../system/errors'
import type { Call, Outcome } from './command'
import { formatJson } from './json'

interface Options {
  again: string | undefined
  all: boolean
  json: boolean
  'public-key': boolean
}

/** Prints what has become of pushes. The exit status is 1 where nothing was pushed, or not everything is known. */
export async function pipeline({
  cwd,
  env,
  args: [wanted],
  options: { again, all, json, 'public-key': isKeyAsked },
}: Call<Options>): Promise<Outcome> {
  const { state } = foldersIn(env)
  if (isKeyAsked) return publicKeyOf(resolve(cwd, state))
  const { events, faults } = readPipeline(resolve(cwd, state))
  const served = await isServed(resolve(cwd, state), env)
  const accounts = accountsOf(PipelineState.of(events)).filter(
    ({ repository }) => wanted === undefined || repository === wanted,
  )
  if (again !== undefined)
    return askAgain(again, wanted, { known: PipelineState.of(events), served, env, cwd })
  const spool = spoolIn(env, cwd)
  const notKnown = [...faults, ...('fault' in spool ? [spool.fault] : [])]
  const known = 'fault' in spool ? undefined : spool.account
  const isNothing = accounts.length === 0 && (known?.waiting ?? 0) === 0
  const exitCode = isNothing || notKnown.length > 0 ? 1 : 0
  if (json) {
    const repositories = accounts.map(documentOf)
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
    isWhole: all,
  })
  const nothing = `No push${wanted === undefined ? '' : ` to ${wanted}`} is known here.\n`
  const complaint = notKnown.map((fault) => `Not everything is known: ${fault}\n`).join('')
  return { text: isNothing ? `${text}${nothing}` : text, complaint, exitCode }
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
  const built = config === undefined ? undefined : readSpoolSetting(config)?.built
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

function documentOf({ repository, commits, waiting, passedOver }: RepositoryAccount) {
  return {
    repository,
    commits: commits.map(({ commit, refs, seenAt, gone, build, earlier }) => ({
      commit,
      refs,
      seenAt,
      gone: gone ?? null,
      build: build === undefined ? null : documentOfBuild(build),
      earlier: earlier.map(documentOfBuild),
    })),
    waiting,
    passedOver,
  }
}

function documentOfBuild({ build, state, begunAt, seconds, why }: Build) {
  return { build, state, begunAt, seconds: seconds ?? null, why }
}
