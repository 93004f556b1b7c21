import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { formatTime } from '../../reporting/about'
import { formatDuration } from '../../system/duration'
import { describeGateEnd } from '../../rollout/model/gate'
import { readGateAnswer } from '../../run/gate_answers'
import type { FormRequest } from '../act'
import { outNow, pathOf } from '../live/rollout_acts'
import { nameOf } from '../live/rollout_page'
import { formTo, loadAgain, noForm } from './form_parts'
import { isOwnRun, whyNotOwn, whyNotToAnswer, type GateActOptions } from './gate_act'
import type { StandingRun } from './standing_runs'

/** Shows a gate with its two buttons, or why there are none; undefined for a gate that a run does not have. */
export function gatePage(
  found: StandingRun,
  request: FormRequest,
  { state, runs, clock, mayApproveOwn }: GateActOptions,
): { title: string; body: Markup } | undefined {
  const { run, environment, followed } = found
  const { view } = followed
  const gate = view.state.gates.find((each) => each.gate === request.param('gate'))
  if (gate === undefined) return undefined
  const { question, since, until, ended } = gate
  const title = `${ended === undefined ? 'Waits for a person' : 'A gate that is over'}: ${nameOf({ view })}`
  if (ended !== undefined)
    return {
      title,
      body: page`<p class="lead">${question}</p>\n<p><b>${describeGateEnd(ended)}</b>, at ${formatTime(Date.parse(ended.at))}.</p>\n`,
    }
  const left = Math.max(0, Date.parse(until) - clock.now())
  const facts = page`<p class="lead"><b>${question}</b></p>
<p>It waits since ${formatTime(Date.parse(since))}, until ${formatTime(Date.parse(until))}: ${left === 0 ? 'its time is over' : `${formatDuration(Math.ceil(left / 1000) * 1000)} left`}.</p>
<p>${outNow(page, view.state)}</p>
<p>Started by ${view.state.by || 'an unknown user'} in ${environment}.</p>
`
  const answer = readGateAnswer(state, { run, gate: gate.gate })
  const why = whyNotToAnswer(found, gate, runs, state)
  if (why === undefined && answer !== undefined && 'answer' in answer)
    return {
      title,
      body: page`${loadAgain()}${facts}<p class="warn">${`${answer.person} has answered: ${answer.answer}. The run has not taken it yet.`}</p>\n`,
    }
  const own = !mayApproveOwn(environment) && isOwnRun(request.person.name, view.state.by)
  const path = `${pathOf(run)}/gates/${encodeURIComponent(gate.gate)}`
  const approve = own ? NOTHING : page`<button name="answer" value="approve">Approve</button>`
  const buttons = page`${approve}<button name="answer" value="refuse">Refuse</button>`
  const form = request.may('approve', environment)
    ? page`${own ? noForm(whyNotOwn(request.person.name)) : NOTHING}${formTo(path, request, buttons)}`
    : noForm(`the policy does not allow you to approve in ${environment}`)
  return { title, body: page`${facts}${why === undefined ? form : noForm(why)}` }
}
