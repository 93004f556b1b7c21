import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { execa } from 'execa'
import { readRunJson, type ReadRun } from '../reporting/run_json_reading'
import { compiledCopy } from './compiled_copy'

const ROOT = resolve(__dirname, '..', '..')
const CUCUMBER = join(ROOT, 'node_modules', '@cucumber', 'cucumber', 'bin', 'cucumber.js')
const COMPILED = compiledCopy()
const LOCKSTEP = join(COMPILED, 'support', 'bin', 'lockstep.cjs')

export interface ProcessRun {
  /** The exit status; undefined for a process that a signal ended. */
  exitCode: number | undefined
  stdout: string
  stderr: string
  report: ReadRun | undefined
}

type OnStart = (kill: (signal: NodeJS.Signals) => void, stdout: Readable, stderr: Readable) => void

/** Files that a process writes to instead of pipes. */
interface Outputs {
  stdout?: { file: string }
  stderr?: { file: string }
}

/** Runs cucumber-js in `cwd` as a person would, with Lockstep's own profiles, compiled as a package has them. */
export function cucumber(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  onStart: OnStart = () => {},
  outputs: Outputs = {},
): Promise<ProcessRun> {
  const config = ['--config', relative(cwd, join(COMPILED, 'cucumber.js'))]
  return node([CUCUMBER, ...config, ...args], cwd, env, onStart, outputs)
}

/** Runs a proposed command, as a shell would. */
export function proposedCommand(
  command: string,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ProcessRun> {
  const here = command
    .replace('npx cucumber-js', `'${process.execPath}' '${CUCUMBER}'`)
    .replace('npx lockstep', `'${process.execPath}' '${LOCKSTEP}'`)
  return started('sh', ['-c', here], cwd, env, () => {})
}

/** Runs the `lockstep` command in `cwd`. */
export function lockstep(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  onStart: OnStart = () => {},
): Promise<ProcessRun> {
  return node([LOCKSTEP, ...args], cwd, env, onStart)
}

function node(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  onStart: OnStart,
  outputs: Outputs = {},
): Promise<ProcessRun> {
  return started(process.execPath, args, cwd, env, onStart, outputs)
}

async function started(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  onStart: OnStart,
  outputs: Outputs = {},
): Promise<ProcessRun> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(LOCKSTEP|MCOLLECTIVE|STOMP|CUCUMBER|GITHUB)_/.test(name),
  )
  const child = execa(program, args, {
    cwd,
    env: {
      ...Object.fromEntries(inherited),
      HOME: cwd,
      CI: 'true',
      LOCKSTEP_LOCKS: join(cwd, '.locks'),
      ...env,
    },
    extendEnv: false,
    stdio: ['ignore', outputs.stdout ?? 'pipe', outputs.stderr ?? 'pipe'],
    reject: false,
  })
  onStart((signal) => void child.kill(signal), child.stdout as Readable, child.stderr as Readable)
  const { exitCode, stdout, stderr } = await child
  const path = join(cwd, 'reports', 'run.json')
  const report = existsSync(path) ? readRunJson(path) : undefined
  return { exitCode, stdout, stderr, report }
}
