import * as v from 'valibot'
import { noteWish, readWish } from '../../run/stop_wishes'
import type { Clock } from '../../system/clock'
import { pathOf } from '../live/rollout_acts'
import { notAllowed, personalAct, refused, type ActOutcome, type PersonalAct } from '../personal_act'
import { NOT_THERE, whyNotItsProcess, type StandingRun, type StandingRuns } from './standing_runs'

export interface StopOptions {
  /** The folder of the state, as an absolute path. */
  state: string
  runs: StandingRuns
  clock: Clock
}

/**
 * Returns the act that stops a run as Ctrl-C does: the step ends. A second Ctrl-C would cut the step off, so that a run gets
 * one signal from the console, and no other one in its life.
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
      const { pid } = followed.process
      try {
        noteWish(state, run, { person: person.name, at: new Date(clock.now()).toISOString() })
        if (pid !== undefined) runs.surroundings.interrupt(pid)
      } catch (error) {
        const because = (error as Error).message
        return refused(`the run could not be told to stop: ${because}`, 409)
      }
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

/** Returns why a run cannot be stopped from here; undefined where it can. */
export function whyNotToStop(found: StandingRun, runs: StandingRuns, state: string): string | undefined {
  const { followed, standing, run } = found
  const { by } = followed.process
  if (followed.isEnding || standing === 'gone') return 'the rollout is over; there is nothing to stop'
  if (followed.view.state.isInterrupted) return 'the rollout stops already: what is begun comes to its end'
  const wish = readWish(state, run)
  if (wish !== undefined)
    return `${wish.person} has told it to stop, at ${wish.at}; a second signal would cut its step off, so that none is sent; where it goes on all the same, press Ctrl-C where it was started, by ${by || 'an unknown user'}`
  const why = whyNotItsProcess(found, runs.surroundings)
  return why === undefined
    ? undefined
    : `the rollout cannot be stopped from here: ${why}; press Ctrl-C where it was started, by ${by || 'an unknown user'}`
}
