import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argsOfAgain, lastWords, type BeginAgain, type Ended } from '../run/again'
import type { HostTruth } from '../run/rehearsed'
import type { CommandResult } from '../system/command'
import { runCucumber } from './child_run'

/** Begins a run in a process of its own, by the command of this process: nothing of a team's code is shared then. */
export const beginInChild: BeginAgain = (again, read) => {
  const [, program = '', ...args] = process.argv
  return runCucumber([program, ...argsOfAgain(args, again)], again, (result, reports) =>
    read(endedOf(result, reports)),
  )
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
