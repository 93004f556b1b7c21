import { join, resolve } from 'node:path'
import { putBackChosen } from '../composition/put_back'
import { discardLocksOf, runsIn } from '../locks/left_locks'
import { formatPutBack } from '../reporting/put_back'
import { chosenBy, expectKnown, type Choice } from '../run/chosen_hosts'
import { readRunJournals } from '../run/journals'
import { MODES } from '../run/modes'
import { surroundingsOf } from '../run/parameters'
import { NOTHING_READ, Run } from '../run/run'
import { systemClock } from '../system/clock'
import { callsIn, formatLockstep, PLACES } from '../system/commands'
import { LockstepError } from '../system/errors'
import { parseOptions } from './arguments'

const OPTIONS = {
  all: { type: 'boolean' },
  host: { type: 'string', multiple: true },
  run: { type: 'string', multiple: true },
} as const

/** Puts back the hosts that live runs have left out. The exit status is that of the run which puts them back. */
export async function putBack(
  cwd: string,
  args: readonly string[],
): Promise<{ text: string; exitCode: number }> {
  const choice = parseChoice(args)
  const context = surroundingsOf(process.env)
  const state = resolve(cwd, context.folders.state)
  expectKnown(choice, readRunJournals(join(state, MODES.live.journals)))
  const run = new Run(systemClock)
  run.beginReading(NOTHING_READ, { ...callsIn(), args: [] })
  const done = await putBackChosen(run, chosenBy(choice), context, cwd)
  await discardLocksOf(choice.all ? runsIn(state) : [...choice.runs, ...done.runs], state, context.env)
  return { text: run.redact(formatPutBack(done)), exitCode: run.exitCode }
}

function parseChoice(args: readonly string[]): Choice {
  const hint = `say which: --run <run>, --host <host> (as often as needed), or --all; ${formatLockstep('status', PLACES)} lists them`
  const { all = false, host: hosts = [], run: runs = [] } = parseOptions(args, OPTIONS, hint)
  const isNamed = hosts.length + runs.length > 0
  if (all && isNamed)
    throw new LockstepError(
      'bad-input',
      '--all means every host of every run: leave out --host and --run, or --all',
    )
  if (!all && !isNamed) throw new LockstepError('bad-input', hint)
  return { all, hosts, runs }
}
