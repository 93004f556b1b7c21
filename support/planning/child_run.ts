import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, parse, resolve } from 'node:path'
import {
  argsOfAgain,
  envOfAgain,
  expectUninterrupted,
  lastWords,
  type Again,
  type BeginAgain,
  type Ended,
} from '../run/again'
import { foldersIn } from '../run/folders'
import type { HostTruth } from '../run/rehearsed'
import { runCommand, type CommandEnv, type CommandResult } from '../system/command'

type Read<T> = (result: CommandResult, reports: string) => T | Promise<T>

/** Begins a run in a process of its own, by the command of this process: nothing of a team's code is shared then. */
export const beginInChild: BeginAgain = (again, read) => {
  const [, program = '', ...args] = process.argv
  return begin([program, ...argsOfAgain(args, again)], again, (result, reports) =>
    read(endedOf(result, reports)),
  )
}

/** Runs cucumber-js in this folder. */
export function cucumberIn<T>(
  {
    args,
    purpose,
    env,
    signal,
  }: Pick<Again, 'purpose' | 'signal'> & { args: readonly string[]; env: CommandEnv },
  read: Read<T>,
): Promise<T> {
  const { dir } = parse(
    require.resolve('@cucumber/cucumber/package.json', { paths: [process.cwd(), __dirname] }),
  )
  return begin([join(dir, 'bin', 'cucumber.js'), ...args], { purpose, signal, env: () => env }, read)
}

/**
 * Runs a command and hands its result and its folder `reports` to `read`; the folder exists until `read` has resolved.
 */
async function begin<T>(
  command: readonly string[],
  again: Pick<Again, 'purpose' | 'env' | 'signal'>,
  read: Read<T>,
): Promise<T> {
  const { signal } = again
  const reports = mkdtempSync(join(tmpdir(), 'lockstep-'))
  try {
    const env = envOfAgain(again, reports, resolve(foldersIn(process.env).state))
    const result = await runCommand(process.execPath, command, { signal, env })
    expectUninterrupted(signal)
    return await read(result, reports)
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
}

/** Returns what a run came to by the report that it has left. */
function endedOf(result: CommandResult, reports: string): Ended {
  const { exitCode, plan, rehearsal } = reportIn(reports) ?? {}
  return { exitCode, plan: plan?.path, truth: rehearsal?.truth, said: lastWords(result) }
}

interface Report {
  exitCode: number
  plan: { path: string } | null
  rehearsal: { truth: readonly HostTruth[] } | null
}

function reportIn(reports: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(join(reports, 'run.json'), 'utf8')) as Report
  } catch {
    // The output of the run says why.
    return undefined
  }
}
