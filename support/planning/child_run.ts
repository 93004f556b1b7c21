import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, parse, resolve } from 'node:path'
import { envOfAgain, expectUninterrupted, type Again } from '../run/again'
import { foldersIn } from '../run/folders'
import { runCommand, type CommandEnv, type CommandResult } from '../system/command'

type Read<T> = (result: CommandResult, reports: string) => T | Promise<T>

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
  return runCucumber([join(dir, 'bin', 'cucumber.js'), ...args], { purpose, signal, env: () => env }, read)
}

/** Runs cucumber's `command` so that no file of a report is written over: those are of runs that a person begins. */
const WITHOUT_FILES = join(__dirname, '..', 'cucumber', 'run_again.cjs')

/**
 * Runs the program of cucumber-js, and hands its result and its folder `reports` to `read`. The folder exists until
 * `read` has resolved.
 */
export async function runCucumber<T>(
  command: readonly string[],
  again: Pick<Again, 'purpose' | 'env' | 'signal'>,
  read: Read<T>,
): Promise<T> {
  const { signal } = again
  const reports = mkdtempSync(join(tmpdir(), 'lockstep-'))
  try {
    const env = envOfAgain(again, reports, resolve(foldersIn(process.env).state))
    const result = await runCommand(process.execPath, [WITHOUT_FILES, ...command], { signal, env })
    expectUninterrupted(signal)
    return await read(result, reports)
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
}
