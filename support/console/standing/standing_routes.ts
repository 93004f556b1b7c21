import type { FormRequest, FormRoute } from '../act'
import { pathOf } from '../live/rollout_acts'
import { answerPage } from '../page'
import type { PersonalAct } from '../personal_act'
import { html as page, type Markup } from '../../reporting/html/markup'
import type { Clock } from '../../system/clock'
import { answerGate, type GateActOptions } from './gate_act'
import { gatePage } from './gate_page'
import { putBackRun, type PutBackOptions } from './put_back_act'
import { putBackPage } from './put_back_page'
import { PutBacks } from './put_backs'
import { StandingRuns, type StandingRun, type StandingSurroundings } from './standing_runs'
import { stopRun } from './stop_act'
import { stopPage } from './stop_page'

export interface StandingOptions
  extends Pick<GateActOptions, 'mayApproveOwn'>, Omit<PutBackOptions, 'runs' | 'putBacks' | 'clock'> {
  /** The folder of the state, as an absolute path. */
  state: string
  clock: Clock
  surroundings: StandingSurroundings
}

/** Returns what a person does about a rollout that is there: the pages that say what will happen, and the acts. */
export function standingContent(options: StandingOptions): { routes: FormRoute[]; acts: PersonalAct[] } {
  const { state, clock, surroundings } = options
  const runs = new StandingRuns(state, surroundings, clock)
  const all = { ...options, runs, putBacks: new PutBacks(state) }
  const route = (
    path: string,
    show: (found: StandingRun, request: FormRequest) => Shown | Promise<Shown>,
  ): FormRoute => ({
    path,
    async answer(request) {
      const { person, may, param } = request
      const found = await runs.find(param('run'), may)
      const shown = found && (await show(found, request))
      const whole = shown ?? { title: 'Not found', body: NOT_FOUND }
      const back = found && page`<p><a href="${pathOf(found.run)}">The rollout ${found.run}</a></p>\n`
      const body = back === undefined ? whole.body : page`${whole.body}${back}`
      return answerPage(
        { title: whole.title, path: '/rollouts', person, body },
        shown === undefined ? 404 : 200,
      )
    },
  })
  return {
    routes: [
      route('/rollouts/:run/gates/:gate', (found, request) => gatePage(found, request, all)),
      route('/rollouts/:run/stop', (found, request) => stopPage(found, request, all)),
      route('/rollouts/:run/put-back', (found, request) => putBackPage(found, request, all)),
    ],
    acts: [answerGate(all), stopRun(all), putBackRun(all)],
  }
}

type Shown = { title: string; body: Markup } | undefined

const NOT_FOUND = page`<p>There is no such rollout, or you may not look at it.</p>\n<p><a href="/rollouts">All rollouts</a></p>\n`
