import { html as page, type Markup } from '../../reporting/html/markup'
import { readWish } from '../../run/stop_wishes'
import type { FormRequest } from '../act'
import { outNow, pathOf } from '../live/rollout_acts'
import { nameOf } from '../live/rollout_page'
import { sentenceOf } from '../live/rollout_head'
import { formTo, loadAgain, noForm } from './form_parts'
import type { StandingRun } from './standing_runs'
import { whyNotToStop, type StopOptions } from './stop_act'

/** Shows what a stop of a run would do now, with its button, or why there is none. */
export function stopPage(
  found: StandingRun,
  request: FormRequest,
  { state, runs }: StopOptions,
): { title: string; body: Markup } {
  const { run, environment, followed } = found
  const { view } = followed
  const title = `Stop: ${nameOf({ view })}`
  const why = whyNotToStop(found, runs, state)
  if (why !== undefined) {
    const isAsked = readWish(state, run) !== undefined && !followed.isEnding && !view.state.isInterrupted
    return { title, body: isAsked ? page`${loadAgain()}${noForm(why)}` : noForm(why) }
  }
  const form = request.may('start', environment)
    ? formTo(`${pathOf(run)}/stop`, request, page`<button>Stop after this step</button>`)
    : noForm(`the policy does not allow you to stop a rollout in ${environment}`)
  const body = page`<p class="lead">The rollout is ${sentenceOf(view)}.</p>
<p>It ends the step under way on every host of it, and begins no other one, as with Ctrl-C.</p>
<p>${outNow(page, view.state)} What is out then stays out until it is put back.</p>
${form}`
  return { title, body }
}
