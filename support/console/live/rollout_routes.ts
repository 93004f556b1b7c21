import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../system/clock'
import { parsePlace } from './part_book'
import { listPage, listRuns } from './rollout_list'
import { nameOf, rolloutPage } from './rollout_page'
import { ROLLOUT_STYLE } from './rollout_style'
import { listRunJournals, type RunJournal } from './run_journals'
import type { ProcessSurroundings } from './run_process'
import { RunSummaries } from './run_summaries'
import type { Watcher } from './watcher'
import { Watchers, type TooMany } from './watchers'
import { answerPage } from '../page'
import type { ConsoleRequest, ConsoleRoute } from '../route'
import { html, NOTHING } from '../../reporting/html/markup'

export interface RolloutRouteOptions {
  /** The folder of the state, as an absolute path. */
  state: string
  clock: Clock
  surroundings: ProcessSurroundings
  /** True where other control hosts share their histories: their rollouts are not here. */
  isShared?: boolean
}

/** The paths of rollouts: their list, the page of each, its events, and what the pages load. */
export function rolloutRoutes({
  state,
  clock,
  surroundings,
  isShared = false,
}: RolloutRouteOptions): ConsoleRoute[] {
  const watchers = new Watchers(clock, surroundings)
  const summaries = new RunSummaries(surroundings)

  /** Resolves with what `use` makes of a run; a run that a person may not look at is not there. */
  const withRun = async (
    request: ConsoleRequest,
    use: (watcher: Watcher, journal: RunJournal) => Response,
  ): Promise<Response> => {
    const wanted = request.param('run')
    const journal = listRunJournals(state).find(({ run }) => run === wanted)
    if (journal === undefined) return notThere(request)
    // Somebody who may not look takes no place of a watcher, and learns nothing from how many there are.
    const environment = await summaries.environmentOf(journal)
    if (environment === undefined || !request.may('look', environment)) return notThere(request)
    const answer = await watchers.with(journal.run, journal, (watcher) => {
      const isSame = watcher.environment === environment && request.may('look', environment)
      return isSame ? use(watcher, journal) : notThere(request)
    })
    return answer instanceof Response ? answer : refuse(answer)
  }

  return [
    {
      path: '/rollouts',
      async answer({ person, url, may }) {
        const before = url.searchParams.get('before') ?? undefined
        const runs = await listRuns(
          listRunJournals(state),
          summaries,
          (environment) => may('look', environment),
          before,
        )
        const note = isShared ? OWN_ALONE : NOTHING
        const body = html`${note}${listPage(runs, before)}`
        return answerPage({ title: 'Rollouts', path: '/rollouts', person, body })
      },
    },
    {
      path: '/rollouts/:run',
      answer: (request) =>
        withRun(request, (watcher, { run }) =>
          answerPage({
            title: nameOf(watcher),
            path: '/rollouts',
            person: request.person,
            body: rolloutPage(run, watcher, clock.now()),
          }),
        ),
    },
    {
      path: '/rollouts/:run/events',
      answer: (request) =>
        withRun(request, (_watcher, journal) => {
          const known = request.header('last-event-id') ?? request.url.searchParams.get('from') ?? ''
          const { person, signal } = request
          const events = watchers.stream(journal.run, journal, { person, signal, from: parsePlace(known) })
          return events instanceof ReadableStream
            ? new Response(events, { headers: EVENT_HEADERS })
            : refuse(events)
        }),
    },
    { path: '/console.js', answer: () => file(readScript(), 'text/javascript') },
    { path: '/rollout.css', answer: () => file(ROLLOUT_STYLE, 'text/css') },
  ]
}

const OWN_ALONE = html`<p class="muted">
  These are the rollouts of this control host. Those of others are in the
  <a href="/history">history</a> once they are over.
</p> `

const EVENT_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // A proxy that gathers what it passes on would keep events back.
  'x-accel-buffering': 'no',
}

function readScript(): string {
  return readFileSync(join(__dirname, 'console.js'), 'utf8')
}

function file(text: string, type: string): Response {
  return new Response(text, {
    headers: { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache' },
  })
}

function notThere({ person }: ConsoleRequest): Response {
  const body = html`<p>There is no such rollout, or you may not look at it.</p>
    <p><a href="/rollouts">All rollouts</a></p>`
  return answerPage({ title: 'Not found', path: '/rollouts', person, body }, 404)
}

function refuse({ sentence, retryAfterS }: TooMany): Response {
  return new Response(`${sentence}\n`, {
    status: 503,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': String(retryAfterS) },
  })
}
