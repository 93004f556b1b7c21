import { appendFileSync, statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { annotationsOfRun } from './annotations'
import { writeJunit } from './junit_file'
import type { Run } from '../run'
import { stepSummaryOf } from './step_summary'
import { annotationsOf, isGithub } from './workflow_commands'

export interface Job {
  env: NodeJS.ProcessEnv
  cwd: string
  /** Milliseconds since 1970. */
  now: number
  write: (text: string) => void
}

/** What GitHub takes of one step; of more it shows nothing at all. */
const MAX_SUMMARY = 1024 * 1024

/**
 * Leaves what CI systems show of a run that is over: JUnit for all of them, annotations and a summary on GitHub. What
 * goes wrong here is said, and decides nothing.
 */
export function tellCi(run: Run, job: Job): void {
  try {
    writeJunit(run, job.now)
    if (!isGithub(job.env)) return
    const annotations = annotationsOfRun(run).map((each) => ({ ...each, uri: inRepository(each.uri, job) }))
    for (const line of annotationsOf(annotations)) job.write(`${line}\n`)
    appendSummary(run, job.env['GITHUB_STEP_SUMMARY'] ?? '')
  } catch (error) {
    process.stderr.write(`CI could not be told of the run: ${(error as Error).message}\n`)
  }
}

/** GitHub knows files by their place in the repository, and a job may run in a folder of it. */
function inRepository(uri: string, { env, cwd }: Job): string {
  const root = env['GITHUB_WORKSPACE'] ?? ''
  return uri === '' || root === '' ? uri : relative(root, resolve(cwd, uri))
}

function appendSummary(run: Run, path: string): void {
  if (path === '') return
  try {
    const there = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    appendFileSync(path, stepSummaryOf(run, MAX_SUMMARY - there))
  } catch (error) {
    process.stderr.write(`the summary of the job could not be written: ${(error as Error).message}\n`)
  }
}
