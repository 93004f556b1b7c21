import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readReport, type Reported } from '../pipeline/ci_report'
import { tellReport } from '../pipeline/tell_report'
import { systemClock } from '../system/clock'
import { formatLockstep } from '../system/commands'
import { EXIT, LockstepError } from '../system/errors'
import { shortId } from '../system/git_names'
import type { Call, Outcome } from './command'

/** The options of `lockstep pipeline` that report a build. */
export interface ReportOptions {
  report: string | undefined
  commit: string | undefined
  build: string | undefined
  url: string | undefined
  to: string | undefined
  secret: string | undefined
  'secret-env': string | undefined
}

const USUAL_ADDRESS = 'http://127.0.0.1:8090'

/**
 * Reports to `lockstep serve` how a build of another CI goes.
 * @throws LockstepError `bad-input` where something is missing, `bad-config` for a secret that cannot be read
 */
export async function reportBuild(
  state: string,
  repository: string | undefined,
  { cwd, env, options }: Pick<Call<ReportOptions>, 'cwd' | 'env' | 'options'>,
): Promise<Outcome> {
  const { commit, build, url, to = USUAL_ADDRESS } = options
  if (repository === undefined || commit === undefined || build === undefined)
    throw new LockstepError(
      'bad-input',
      `a report is of one build; say: ${formatLockstep(`pipeline NAME --report ${state} --commit ID --build NAME --secret FILE`)}`,
    )
  if (!/^https?:\/\/[^\s/]+/.test(to))
    throw new LockstepError(
      'bad-input',
      `--to is ${JSON.stringify(to)}; expected the address of lockstep serve, such as ${USUAL_ADDRESS}`,
    )
  const at = new Date(systemClock.now()).toISOString()
  const reading = readReport({
    id: randomUUID(),
    at,
    repository,
    commit,
    build,
    state: state as Reported,
    url,
  })
  if ('fault' in reading) throw new LockstepError('bad-input', `this ${reading.fault}`)
  const told = await tellReport({
    report: reading.report,
    secret: secretOf(options, cwd, env),
    to,
    clock: systemClock,
    fetch,
    signal: new AbortController().signal,
  })
  if (told.isTaken)
    return {
      text: `${repository}: it is taken that build ${build} of ${shortId(commit)} has ${state}.\n`,
      exitCode: EXIT.passed,
    }
  return {
    text: '',
    complaint: `${to} has not taken the report of build ${build}: ${told.why}\n`,
    exitCode: told.isFinal ? EXIT.invalid : EXIT.failed,
  }
}

function secretOf(
  { secret: file, 'secret-env': name }: ReportOptions,
  cwd: string,
  env: Call['env'],
): string {
  if ((file === undefined) === (name === undefined))
    throw new LockstepError(
      'bad-input',
      'expected one of --secret <file> and --secret-env <variable>: the secret of ci.reports',
    )
  const value = name === undefined ? readSecret(resolve(cwd, file ?? '')) : (env[name] ?? '')
  const secret = value.replace(/\r?\n$/, '')
  if (secret !== '') return secret
  throw new LockstepError('bad-config', `the secret in ${name ?? file} is empty`)
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new LockstepError('bad-config', `the secret ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
