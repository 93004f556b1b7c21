import { appendFileSync, statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { annotationsOfRun } from './annotations'
import type { RunState } from '../../run/run_state'
import { stepSummaryOf } from './step_summary'
import { annotationsOf, isGithub } from './workflow_commands'

export interface Job {
  env: NodeJS.ProcessEnv
  cwd: string
  write: (text: string) => void
}

/** The bytes that GitHub takes as the summary of one step; it shows nothing of a larger one. */
const MAX_SUMMARY = 1024 * 1024

/**
 * Shows a run that is over on GitHub: annotations and a summary. An error here is printed, and does not change the
 * outcome.
 */
export function tellCi(run: RunState, job: Job): void {
  try {
    if (!isGithub(job.env)) return
    const annotations = annotationsOfRun(run).map((each) => ({ ...each, uri: inRepository(each.uri, job) }))
    for (const line of annotationsOf(annotations)) job.write(`${line}\n`)
    appendSummary(run, job.env['GITHUB_STEP_SUMMARY'] ?? '')
  } catch (error) {
    process.stderr.write(`CI could not be told of the run: ${(error as Error).message}\n`)
  }
}

/** Returns the path of a file in the repository, as GitHub knows it. A job may run in a folder of the repository. */
function inRepository(uri: string, { env, cwd }: Job): string {
  const root = env['GITHUB_WORKSPACE'] ?? ''
  return uri === '' || root === '' ? uri : relative(root, resolve(cwd, uri))
}

function appendSummary(run: RunState, path: string): void {
  if (path === '') return
  try {
    const there = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    appendFileSync(path, stepSummaryOf(run, MAX_SUMMARY - there))
  } catch (error) {
    process.stderr.write(`the summary of the job could not be written: ${(error as Error).message}\n`)
  }
}
