import { join, resolve } from 'node:path'
import { putBackChosen } from '../composition/put_back'
import { discardLocksOf, runsIn } from '../locks/left_locks'
import type { LockPlaces } from '../locks/open_locks'
import { showWaits, tellWaitsOf } from '../reporting/console/show_waits'
import { formatPutBack, type PutBack } from '../reporting/put_back'
import { chosenBy, expectKnown, type Choice } from '../run/chosen_hosts'
import { readRunJournals } from '../run/journals'
import { MODES } from '../run/modes'
import { configPath, surroundingsOf } from '../run/parameters'
import { NOTHING_READ, Run } from '../run/run'
import { takeRunId } from '../run/run_id'
import { idleClock, systemClock } from '../system/clock'
import { callsIn, formatLockstep, PLACES } from '../system/commands'
import { LockstepError } from '../system/errors'
import type { Call, Outcome } from './command'
import { formatJson } from './json'

interface Options {
  all: boolean
  host: readonly string[]
  run: readonly string[]
  json: boolean
}

/** Puts back the hosts that live runs have left out. The exit status is that of the run which puts them back. */
export async function putBack({ cwd, env, options }: Call<Options>): Promise<Outcome> {
  const choice = choiceOf(options)
  const context = surroundingsOf(env)
  const state = resolve(cwd, context.folders.state)
  expectKnown(choice, readRunJournals(join(state, MODES.live.journals)))
  const run = new Run(systemClock, takeRunId(process.env))
  run.beginReading(NOTHING_READ, { ...callsIn(), args: [] })
  const paper = {
    stream: process.stderr,
    env,
    clock: idleClock,
    redact: (text: string) => run.redact(text),
  }
  const done = await showWaits(paper, (tellWait) => {
    tellWaitsOf(run.stream, tellWait)
    return putBackChosen(run, chosenBy(choice), context, cwd)
  })
  const over = choice.all ? runsIn(state) : [...choice.runs, ...done.runs]
  const complaint = await discardLocks(over, state, { config: configPath(context, cwd), env })
  const text = options.json ? formatDone(done, run.exitCode) : formatPutBack(done)
  return { text: run.redact(text), complaint, exitCode: run.exitCode, leavesSoon: true }
}

/** Removes the locks of runs that are over. Returns why some may be left; what was put back is told all the same. */
async function discardLocks(runs: readonly string[], state: string, places: LockPlaces): Promise<string> {
  try {
    await discardLocksOf(runs, state, places)
    return ''
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return `Locks may be left: ${error.message}\n`
  }
}

function formatDone({ obligations, notKnown }: PutBack, exitCode: number): string {
  return formatJson('lockstep/put-back/1', {
    exitCode,
    obligations: obligations.map(({ obligation, hosts, outcome }) => ({
      obligation,
      hosts:
        typeof outcome === 'string'
          ? hosts.map((host) => ({ host, back: false, seen: outcome }))
          : outcome.map(({ host, passed, seen }) => ({ host, back: passed, seen })),
    })),
    notKnown,
  })
}

function choiceOf({ all, host: hosts, run: runs }: Options): Choice {
  const hint = `say which: --run <run>, --host <host> (as often as needed), or --all; ${formatLockstep('status', PLACES)} lists them`
  const isNamed = hosts.length + runs.length > 0
  if (all && isNamed)
    throw new LockstepError(
      'bad-input',
      '--all means every host of every run: leave out --host and --run, or --all',
    )
  if (!all && !isNamed) throw new LockstepError('bad-input', hint)
  return { all, hosts, runs }
}
