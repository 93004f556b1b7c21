import * as v from 'valibot'
import { groupLeftHosts, type LeftHosts } from '../../reporting/put_back_command'
import { findLeftHosts } from '../../rollout/model/out_of_rotation'
import type { RunJournals } from '../../run/journals'
import type { Clock } from '../../system/clock'
import { LockstepError } from '../../system/errors'
import { pathOf } from '../live/rollout_acts'
import { notAllowed, personalAct, refused, type ActOutcome, type PersonalAct } from '../personal_act'
import type { PutBacks } from './put_backs'
import { NOT_THERE, type StandingRun, type StandingRuns } from './standing_runs'

/** A call of `lockstep put-back` for one run. */
export interface PutBackCall {
  run: string
  /** The id that the new run gets, so that its journal is found again. */
  id: string
  journals: RunJournals['journals']
  /** The file that gets both outputs. */
  output: string
}

export interface PutBackOptions {
  runs: StandingRuns
  putBacks: PutBacks
  clock: Clock
  /** Returns the journals of live runs as they are now. */
  journals(): RunJournals
  /** Starts the command in a session of its own. It goes on when this process ends. */
  start(call: PutBackCall): Promise<void>
  /** Returns whether the command that has an id runs. */
  isRunning(id: string): boolean
  newId(): string
}

/** Returns the act that puts back the hosts that a run has left out of rotation, by the command that a person would say. */
export function putBackRun(options: PutBackOptions): PersonalAct {
  const starting = new Set<string>()
  return personalAct({
    name: 'put back',
    path: '/rollouts/:run/put-back',
    summary: 'Puts back the hosts that a rollout has left out of rotation.',
    schema: v.strictObject({}),
    async perform({ person, may, param, note }): Promise<ActOutcome> {
      const { runs, putBacks, clock } = options
      const found = await runs.find(param('run'), may)
      if (found === undefined) return refused(NOT_THERE, 404)
      const { run, environment } = found
      if (!may('put back', environment)) return notAllowed(person, 'put back', environment)
      const why = whyNotToPutBack(found, options)
      if (why !== undefined) return refused(why, 409)
      if (starting.has(run)) return refused(ONE_AT_A_TIME, 409)
      starting.add(run)
      try {
        await note(`run ${run}`)
        const id = options.newId()
        putBacks.note({ run, id, person: person.name, at: new Date(clock.now()).toISOString() })
        const { journals } = options.journals()
        await options.start({ run, id, journals, output: putBacks.outputOf(id) })
        return {
          result: 'done',
          says: `run ${id} puts back what run ${run} has left out`,
          at: `${pathOf(run)}/put-back`,
        }
      } catch (error) {
        if (error instanceof LockstepError) throw error
        const because = (error as Error).message
        return refused(`the command could not be started: ${because}`, 503)
      } finally {
        starting.delete(run)
      }
    },
  })
}

const ONE_AT_A_TIME = 'its hosts are being put back already; wait until that has ended'

/** Returns why the hosts of a run cannot be put back from here now; undefined where they can. */
export function whyNotToPutBack(
  { run, followed, standing }: StandingRun,
  options: Pick<PutBackOptions, 'putBacks' | 'journals' | 'isRunning'>,
): string | undefined {
  if (options.putBacks.of(run).some(({ id }) => options.isRunning(id))) return ONE_AT_A_TIME
  if (standing === 'alive' || (!followed.isEnding && standing === 'unknown'))
    return 'the rollout is not known to have ended; it puts its hosts back itself, or is stopped first'
  return leftBy(run, options.journals()).length === 0
    ? 'no host that this rollout took out is out of rotation any more'
    : undefined
}

/** Returns what a run has left out of rotation, by the journals of all runs. */
export function leftBy(run: string, { journals }: RunJournals): LeftHosts[] {
  return groupLeftHosts(findLeftHosts(journals)).filter(({ first }) => first.run === run)
}
