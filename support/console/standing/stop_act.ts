import * as v from 'valibot'
import { MAX_WISHES, noteSent, noteWish, readWishes, type NotedWish } from '../../run/stop_wishes'
import type { Person } from '../../people/person'
import type { Clock } from '../../system/clock'
import { pathOf } from '../live/rollout_acts'
import { notAllowed, personalAct, refused, type ActOutcome, type PersonalAct } from '../personal_act'
import {
  NOT_THERE,
  SLACK_MS,
  whyNotItsProcess,
  type StandingRun,
  type StandingRuns,
  type StandingSurroundings,
} from './standing_runs'

export interface StopOptions {
  /** The folder of the state, as an absolute path. */
  state: string
  runs: StandingRuns
  clock: Clock
}

/**
 * Returns the act that stops a run as Ctrl-C does: the step ends. A run gets one signal from the console. It gets another one
 * only where the console was killed before it noted that the first was sent. The run takes one signal for each note.
 */
export function stopRun({ state, runs, clock }: StopOptions): PersonalAct {
  return personalAct({
    name: 'stop a rollout',
    path: '/rollouts/:run/stop',
    summary: 'Stops a rollout as Ctrl-C does: its step ends, and no other one begins.',
    schema: v.strictObject({}),
    async perform({ person, may, param, note, signal }): Promise<ActOutcome> {
      const found = await runs.find(param('run'), may)
      if (found === undefined) return refused(NOT_THERE, 404)
      const { run, environment, followed } = found
      if (!may('start', environment)) return notAllowed(person, 'stop a rollout', environment)
      const why = whyNotToStop(found, runs, state)
      if (why !== undefined) return refused(why, 409)
      await note(`run ${run}`)
      // It may have come to its end, or be asked by somebody else, while this was written.
      await runs.says(found, () => true, signal)
      const since = whyNotToStop(found, runs, state)
      if (since !== undefined) return refused(since, 409)
      const fault = tell(found, person, { state, runs, clock })
      if (fault !== undefined) return refused(fault, 409)
      const isTaken = await runs.says(
        found,
        () => followed.view.state.isInterrupted || followed.hasSaidItsEnd,
        signal,
      )
      const says = isTaken
        ? 'the run stops: its step ends, and no other one begins'
        : 'the run was told to stop, and has not said so yet'
      return { result: 'done', says, at: isTaken ? pathOf(run) : `${pathOf(run)}/stop` }
    },
  })
}

/** Notes the wish, sends the signal, notes that it was sent: without a pause in between. Returns why no signal was sent. */
function tell(
  found: StandingRun,
  { name }: Pick<Person, 'name'>,
  { state, runs, clock }: StopOptions,
): string | undefined {
  const { run } = found
  const process = processOf(found, runs.surroundings)
  if (process === undefined) return 'its process is not known'
  const number = readWishes(state, run).length + 1
  const at = new Date(clock.now()).toISOString()
  try {
    if (!noteWish(state, run, number, { person: name, at, ...process }))
      return 'somebody else has told it to stop at this moment'
    // Its number may be that of another process by now.
    const why = whyNotItsProcess(found, runs.surroundings)
    if (why !== undefined) return `no signal was sent: ${why}`
    runs.surroundings.interrupt(process.pid)
  } catch (error) {
    return `the run could not be told to stop: ${(error as Error).message}`
  }
  try {
    noteSent(state, run, number)
  } catch {
    // The page offers another signal then. The run passes over it.
  }
  return undefined
}

function processOf(
  { followed }: StandingRun,
  { now, startedAt }: StandingSurroundings,
): { pid: number; startedAt: number } | undefined {
  const { pid } = followed.process
  const started = pid === undefined ? undefined : startedAt(pid, now())
  return pid === undefined || started === undefined ? undefined : { pid, startedAt: started }
}

/** Returns the wish of which it is not known whether its signal was sent; undefined where none is like that. */
export function wishUnsent(run: string, state: string): NotedWish | undefined {
  const wishes = readWishes(state, run)
  return wishes.some(({ isSent }) => isSent) ? undefined : wishes.at(-1)
}

/** Returns why a run cannot be stopped from here; undefined where it can. */
export function whyNotToStop(found: StandingRun, runs: StandingRuns, state: string): string | undefined {
  const { followed, standing, run } = found
  const { by } = followed.process
  if (followed.isEnding || standing === 'gone') return 'the rollout is over; there is nothing to stop'
  if (followed.view.state.isInterrupted) return 'the rollout stops already: what is begun comes to its end'
  const elsewhere = `press Ctrl-C where it was started, by ${by || 'an unknown user'}`
  const wishes = readWishes(state, run)
  const told = wishes.find(({ isSent }) => isSent)
  if (told !== undefined)
    return `${told.person} has told it to stop, at ${told.at}; a second signal would cut its step off, so that none is sent; where it goes on all the same, ${elsewhere}`
  if (wishes.length >= MAX_WISHES)
    return `it was to be told to stop ${wishes.length} times, and it is not known whether a signal was sent; ${elsewhere}`
  const why =
    whyNotItsProcess(found, runs.surroundings) ??
    (wishes.every(({ process }) => isSame(process, processOf(found, runs.surroundings)))
      ? undefined
      : 'the process that has its number now is another one than when it was to be told to stop')
  return why === undefined ? undefined : `the rollout cannot be stopped from here: ${why}; ${elsewhere}`
}

function isSame(noted: NotedWish['process'], now: ReturnType<typeof processOf>): boolean {
  if (noted === undefined || now === undefined) return false
  return noted.pid === now.pid && Math.abs(noted.startedAt - now.startedAt) <= SLACK_MS
}
