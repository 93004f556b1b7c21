import { statSync } from 'node:fs'
import * as v from 'valibot'
import { isSamePerson } from '../../people/person'
import { describeGateEnd, type Gate } from '../../rollout/model/gate'
import { readGateAnswer, writeGateAnswer } from '../../run/gate_answers'
import type { Clock } from '../../system/clock'
import { pathOf } from '../live/rollout_acts'
import { notAllowed, personalAct, refused, type ActOutcome, type PersonalAct } from '../personal_act'
import { NOT_THERE, type StandingRun, type StandingRuns } from './standing_runs'

export interface GateActOptions {
  /** The folder of the state, as an absolute path. */
  state: string
  runs: StandingRuns
  clock: Clock
  /** Returns whether who started a run in an environment may approve it. */
  mayApproveOwn: (environment: string) => boolean
}

/** Returns the act by which a person answers the gate at which a run waits. */
export function answerGate({ state, runs, clock, mayApproveOwn }: GateActOptions): PersonalAct {
  return personalAct({
    name: 'answer a gate',
    path: '/rollouts/:run/gates/:gate',
    summary: 'Approves or refuses that a rollout which waits at a gate goes on.',
    schema: v.strictObject({
      answer: v.pipe(v.picklist(['approve', 'refuse']), v.description('whether the rollout goes on')),
    }),
    async perform({ person, may, param, note, signal }, { answer }): Promise<ActOutcome> {
      const found = await runs.find(param('run'), may)
      if (found === undefined) return refused(NOT_THERE, 404)
      const { run, environment, followed } = found
      if (!may('approve', environment)) return notAllowed(person, 'approve', environment)
      const gates = followed.view.state.gates
      const gate = gates.find((each) => each.gate === param('gate'))
      if (gate === undefined) return refused('this rollout has no such gate', 404)
      if (
        answer === 'approve' &&
        !mayApproveOwn(environment) &&
        isOwnRun(person.name, followed.view.state.by)
      )
        return refused(whyNotOwn(person.name), 403)
      const wanted = { run, gate: gate.gate }
      const whyNot = () =>
        whyNotToAnswer(found, gate, runs, state) ?? whyAnswered(readGateAnswer(state, wanted))
      const why = whyNot()
      if (why !== undefined) return refused(why, 409)
      await note(`${answer} run ${run} at its gate ${gate.gate}: ${gate.question}`)
      // Another person may have answered while this was written.
      const since = whyNot()
      if (since !== undefined) return refused(since, 409)
      const at = new Date(clock.now()).toISOString()
      try {
        writeGateAnswer(state, { ...wanted, person: person.name, answer, at })
      } catch (error) {
        const because = (error as Error).message
        return refused(`the answer could not be left for the run: ${because}`, 503)
      }
      const ended = () => followed.view.state.gates.find((each) => each.gate === wanted.gate)?.ended
      await runs.says(found, () => ended() !== undefined, signal)
      return outcomeOf(ended(), { person: person.name, answer, run, gate: gate.gate })
    },
  })
}

/** Returns what came of an answer, by the receipt in the journal of the run. */
function outcomeOf(
  ended: Gate['ended'],
  given: { person: string; answer: 'approve' | 'refuse'; run: string; gate: string },
): ActOutcome {
  const { person, answer, run, gate } = given
  if (ended === undefined)
    return {
      result: 'done',
      says: 'the answer is left for the run, which has not taken it yet',
      at: `${pathOf(run)}/gates/${encodeURIComponent(gate)}`,
    }
  const outcome = answer === 'approve' ? 'approved' : 'refused'
  const isTaken = ended.means === 'console' && ended.by === person && ended.outcome === outcome
  if (isTaken) return { result: 'done', says: describeGateEnd(ended), at: pathOf(run) }
  return refused(`your answer came too late, and the run did not take it: ${describeGateEnd(ended)}`, 409)
}

/** Returns why a gate cannot be answered from here any more, or at all; undefined where it can. */
export function whyNotToAnswer(
  { followed, standing }: StandingRun,
  { ended, until }: Gate,
  { surroundings }: StandingRuns,
  state: string,
): string | undefined {
  if (ended !== undefined) return `the gate is over: ${describeGateEnd(ended)}, at ${ended.at}`
  if (followed.isEnding) return 'the rollout is over; nothing waits for an answer'
  if (standing === 'gone') return 'the process of the rollout is gone; nothing waits for an answer'
  const { pid, by } = followed.process
  const elsewhere = `answer it where it was started, by ${by || 'an unknown user'}`
  if (standing === 'unknown' || pid === undefined || !by.endsWith(`@${surroundings.machine}`))
    return `the process of the rollout cannot be seen from here; ${elsewhere}`
  if (Date.parse(until) <= surroundings.now()) return 'the time of the gate is over; no answer opens it'
  const user = surroundings.userOf(pid)
  const countsForRoot = user === 0 && statSync(state, { throwIfNoEntry: false })?.uid === surroundings.user
  if (user !== surroundings.user && !countsForRoot)
    return `the rollout takes no answer of the user of lockstep serve; ${elsewhere}`
  return undefined
}

function whyAnswered(answer: ReturnType<typeof readGateAnswer>): string | undefined {
  if (answer === undefined || 'fault' in answer) return undefined
  return `${answer.person} has answered already, and the run has not taken it yet`
}

/** The people of the console in front of the user whose process a run is, as `whoRuns` words them. */
const BEGUN_IN_CONSOLE = /^(\S+) \(console\)(?:, approved by \S+ \(console\))?, by (?=\S+$)/

/** Returns whether a person has started a run: on a page, over the API, or as the user of its process, `user@machine`. */
export function isOwnRun(person: string, by: string): boolean {
  const [begun = '', begunBy] = BEGUN_IN_CONSOLE.exec(by) ?? []
  const process = by.slice(begun.length)
  // The process of a rollout from the console is that of lockstep serve, not that of the person.
  const names = begunBy === undefined ? [process, process.replace(/@[^@]*$/, '')] : [begunBy]
  return names.some((name) => isSamePerson(name, person))
}

export function whyNotOwn(person: string): string {
  return `${person} started this rollout; another person has to approve it`
}
