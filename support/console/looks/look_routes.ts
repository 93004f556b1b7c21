import { html as page, type Markup } from '../../reporting/html/markup'
import type { FormRequest, FormRoute } from '../act'
import { addressOf, linkTo, nameOf } from '../pages/parts'
import { answerPage } from '../page'
import { driftOf } from './drift_now'
import type { LookDesk } from './look_view'
import { tagsPage } from './tags_page'

/** Seconds after which the page of a look is loaded again, while hosts are asked. */
const RELOAD_AFTER_S = 3
const MAX_FOUND = 100

/** Returns the page of a look at hosts. */
export function lookRoutes(desk: LookDesk): FormRoute[] {
  return [{ path: '/looks/:look', answer: (request) => showLook(desk, request) }]
}

function showLook(desk: LookDesk, request: FormRequest): Response {
  const { person, may, param, url, newForm } = request
  const { looks } = desk
  const look = looks?.find(param('look'))
  if (looks === undefined || look === undefined || !may('look', look.environment)) {
    const body = page`<p class="lead">There is no such look at hosts that you may see. Old ones are not kept.</p>\n<p>${linkTo('/', 'Go back')}</p>\n`
    return answerPage({ title: 'Not found', path: '/start', person, body }, looks === undefined ? 503 : 404)
  }
  const { wanted, environment } = look
  const shown = (): { title: string; path: string; body: Markup } => {
    if (wanted.kind === 'drift') {
      const back = linkTo(
        addressOf('history', environment, wanted.release),
        `Release ${nameOf(wanted.release)}`,
      )
      return {
        title: `Drift of release ${nameOf(wanted.release)} in ${nameOf(environment)}`,
        path: '/history',
        body: page`${driftOf(look, looks)}<p>${back}</p>\n`,
      }
    }
    const told = looks.answerOf(look.id)
    const isOpen = may('plan', environment) && looks.whyNot(environment) === undefined
    return {
      title: `Tags of ${nameOf(wanted.repository)} in ${nameOf(environment)}`,
      path: '/start',
      body: tagsPage({
        look,
        wanted,
        answer: told?.schema === 'lockstep/tags/1' ? told : undefined,
        find: (url.searchParams.get('find') ?? '').trim().slice(0, MAX_FOUND),
        from: url.searchParams.get('from'),
        token: isOpen ? newForm('/tags') : undefined,
      }),
    }
  }
  const answer = answerPage({ ...shown(), person })
  if (look.ended === undefined) answer.headers.set('refresh', String(RELOAD_AFTER_S))
  return answer
}
