import { join } from 'node:path'
import type { ProcessRun } from '../cucumber_process'
import { writeText } from './files'
import { runHalted } from './halting'
import { journals, lastRun } from './journals'
import type { Manual } from './manual'
import { runCucumber } from './processes'
import { until } from './until'

/** Runs cucumber-js, and a second one from beginning to end while the first is at `at`. */
export async function runBeside(manual: Manual, first: string, at: string, second: string): Promise<void> {
  manual.other = await runHalted(manual, first, at, async () => {
    manual.run = await runCucumber(manual, second)
  })
}

/** Runs cucumber-js, and a second one that has begun to wait before the first goes on from `at`. */
export async function runInLine(manual: Manual, first: string, at: string, second: string): Promise<void> {
  let waiting: Promise<ProcessRun> | undefined
  manual.other = await runHalted(manual, first, at, async () => {
    let isOver = false
    waiting = runCucumber(manual, second).finally(() => (isOver = true))
    await until(() => isOver || journals(manual).split('"type":"locked"').length > 2)
  })
  manual.run = await waiting
}

/** Runs cucumber-js, and writes an answer to a file once it has found its hosts. */
export async function runAndAnswer(
  manual: Manual,
  args: string,
  answer: string,
  name: string,
): Promise<ProcessRun> {
  manual.env['LOCKSTEP_APPROVAL'] = join(manual.scratch.path, name)
  let isOver = false
  const run = runCucumber(manual, args).finally(() => (isOver = true))
  const answered = until(() => isOver || journals(manual).includes('"roll call"')).then(() =>
    writeText(manual, name, answer.replace('<run>', lastRun(manual))),
  )
  const [ended] = await Promise.all([run, answered])
  return ended
}
