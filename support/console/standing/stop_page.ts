import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { readWishes } from '../../run/stop_wishes'
import type { FormRequest } from '../act'
import { outNow, pathOf } from '../live/rollout_acts'
import { nameOf } from '../live/rollout_page'
import { sentenceOf } from '../live/rollout_head'
import { formTo, loadAgain, noForm } from './form_parts'
import type { StandingRun } from './standing_runs'
import { whyNotToStop, wishUnsent, type StopOptions } from './stop_act'

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
    const isAsked = readWishes(state, run).length > 0 && !followed.isEnding && !view.state.isInterrupted
    return { title, body: isAsked ? page`${loadAgain()}${noForm(why)}` : noForm(why) }
  }
  const unsent = wishUnsent(run, state)
  const again =
    unsent === undefined
      ? NOTHING
      : page`<p class="lead bad">${unsent.person} was about to tell it to stop, at ${unsent.at}. It is not known whether the signal was sent: lockstep serve ended then, or could not send it. The rollout has not said that it stops. Another signal does not cut its step off.</p>\n`
  const form = request.may('start', environment)
    ? formTo(
        `${pathOf(run)}/stop`,
        request,
        unsent === undefined
          ? page`<button>Stop after this step</button>`
          : page`<button>Stop again</button>`,
      )
    : noForm(`the policy does not allow you to stop a rollout in ${environment}`)
  const body = page`${again}<p class="lead">The rollout is ${sentenceOf(view)}.</p>
<p>It ends the step under way on every host of it, and begins no other one, as with Ctrl-C.</p>
<p>${outNow(page, view.state)} What is out then stays out until it is put back.</p>
${form}`
  return { title, body }
}
