import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { placeHook, type InstalledHook } from '../pipeline/install_hook'
import { EXIT, LockstepError } from '../system/errors'
import { checkersOf } from '../verify/checkers'
import { formatVerification } from '../verify/format_verification'
import { LIMITS } from '../verify/limits'
import { makePushFolder } from '../verify/push_folder'
import { PushedObjects } from '../verify/pushed_objects'
import { MAX_RECEIVED_BYTES, parseReceived } from '../verify/received'
import { PATH_OF_HOOK, VERIFY_MARK, verifyScript } from '../verify/verify_script'
import { verifyPush, type Verification } from '../verify/verify_push'
import type { Call, Outcome } from './command'

interface Options {
  install: string | undefined
  gitolite: string | undefined
  print: boolean
  warn: readonly string[]
  skip: readonly string[]
  strict: boolean
}

/** Checks the push that git tells of on the standard input; or installs or prints the hook that does so. */
export async function verify(call: Call<Options>): Promise<Outcome> {
  const { cwd, options } = call
  const { install, gitolite, print } = options
  if (install !== undefined && gitolite !== undefined)
    throw new LockstepError('bad-input', 'expected --install or --gitolite, not both')
  const script = verifyScript({
    node: process.execPath,
    program: join(__dirname, 'lockstep.cjs'),
    args: [
      ...options.warn.map((name) => `--warn=${name}`),
      ...options.skip.map((name) => `--skip=${name}`),
      ...(options.strict ? ['--strict'] : []),
    ],
  })
  if (print) return { text: script, exitCode: EXIT.passed }
  const folder = install ?? gitolite
  if (folder === undefined) return verifyNow(call)
  const installed = placeHook(
    { folder: resolve(cwd, folder), kind: gitolite === undefined ? 'bare repository' : 'gitolite' },
    {
      event: 'pre-receive',
      gitolite: 'lockstep-verify',
      mark: VERIFY_MARK,
      script,
      print: 'lockstep hook verify --print',
    },
  )
  const lines = [formatInstalled(installed, gitolite !== undefined), ...formatLacks(options.skip)]
  return { text: lines.join(''), exitCode: EXIT.passed }
}

async function verifyNow({ cwd, env, options }: Call<Options>): Promise<Outcome> {
  // A process that ends before its verdict has refused: node ends with 0 where nothing is left to wait for.
  process.exitCode = EXIT.failed
  const received = parseReceived(await readInput())
  if ('fault' in received) return refused(received.fault)
  const end = AbortSignal.timeout(LIMITS.withinMs)
  let scratch: string | undefined
  try {
    scratch = makePushFolder({
      folder: tmpdir(),
      pid: process.pid,
      uid: process.getuid?.(),
      now: Date.now(),
      isAlive,
    })
    const verification = await verifyPush(received.changes, {
      objects: new PushedObjects({ env, cwd, signal: end }),
      checkers: checkersOf({ isStrict: options.strict, path: env['PATH'] }),
      onlyWarn: options.warn,
      skipped: options.skip,
      limits: LIMITS,
      scratch,
      signal: end,
    })
    return told(verification)
  } catch (error) {
    return refused(
      end.aborted
        ? `it takes longer than ${LIMITS.withinMs / 1000} s to check: push fewer commits at a time`
        : `it cannot be checked: ${(error as Error).message}`,
    )
  } finally {
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function told(verification: Verification): Outcome {
  const isRefused = verification.remarks.some(({ severity }) => severity === 'error')
  return {
    text: '',
    complaint: formatVerification(verification),
    exitCode: isRefused ? EXIT.failed : EXIT.passed,
  }
}

function refused(message: string): Outcome {
  const remark = { severity: 'error', line: undefined, message, path: undefined, commit: undefined } as const
  return told({ remarks: [remark], files: 0 })
}

async function readInput(): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of process.stdin) {
    pieces.push(piece as Buffer)
    bytes += (piece as Buffer).length
    if (bytes > MAX_RECEIVED_BYTES) break
  }
  return Buffer.concat(pieces).toString('utf8')
}

function formatInstalled({ path, became }: Omit<InstalledHook, 'spool'>, isGitolite: boolean): string {
  const done = { written: 'is written', renewed: 'is written anew', 'there already': 'is there already' }[
    became
  ]
  const lines = [
    `${path} ${done}. Pushes are checked before anybody has them.`,
    `It starts ${process.execPath}, which the user of git has to be able to run.`,
    ...(isGitolite ? GITOLITE : []),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** Says which files no push can have yet: a check that did not happen would let them pass. */
function formatLacks(skip: readonly string[]): string[] {
  return checkersOf({ isStrict: false, path: PATH_OF_HOOK }).flatMap(({ name, lacks }) => {
    const lack = skip.includes(name) ? undefined : lacks?.()
    return lack === undefined
      ? []
      : [
          `Pushes with files for ${name} are refused, since ${lack}; install it, or leave them out: --skip ${name}\n`,
        ]
  })
}

/** Source: gitolite 3.6, triggers/repo-specific-hooks. */
const GITOLITE = [
  "In .gitolite.rc, switch on LOCAL_CODE and 'repo-specific-hooks'; in gitolite.conf, under each repository:",
  '  option hook.pre-receive = lockstep-verify',
]
