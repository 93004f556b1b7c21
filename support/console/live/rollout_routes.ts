import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LiveRuns, SeenRun } from './live_runs'
import { pageFeed } from './page_feed'
import { parsePlace } from './part_book'
import { listPage, listRuns, startingPage } from './rollout_list'
import { nameOf, rolloutPage } from './rollout_page'
import { ROLLOUT_STYLE } from './rollout_style'
import type { Watcher } from './watcher'
import type { TooMany } from './watchers'
import { stillStarting, type BegunRollout } from '../begun_rollout'
import { answerPage } from '../page'
import { EVENT_HEADERS, type ConsoleRequest, type ConsoleRoute } from '../route'
import { html, NOTHING } from '../../reporting/html/markup'

export interface RolloutRouteOptions {
  runs: LiveRuns
  /** True where other control hosts share their histories: their rollouts are not here. */
  isShared?: boolean
  /** Returns the rollouts that were begun here: some have no journal yet, and some never will. */
  begun?: () => readonly BegunRollout[]
}

/** The paths of rollouts: their list, the page of each, its events, and what the pages load. */
export function rolloutRoutes({
  runs,
  isShared = false,
  begun = () => [],
}: RolloutRouteOptions): ConsoleRoute[] {
  /** Resolves with what `use` makes of a run; a run that a person may not look at is not there. */
  const withRun = async (
    request: ConsoleRequest,
    use: (watcher: Watcher, seen: SeenRun) => Response,
    answerOther = notThere,
  ): Promise<Response> => {
    const answer = await runs.watch({ run: request.param('run'), may: request.may }, use)
    if (answer === undefined) return answerOther(request)
    return answer instanceof Response ? answer : refuse(answer)
  }

  /** Resolves with the rollouts that are just being started, of those that a person may look at. */
  const listStarting = async ({ may }: ConsoleRequest, journals: ReturnType<LiveRuns['journals']>) => {
    const all = begun().filter(({ isOver, environment }) => !isOver && may('look', environment))
    const own = journals.filter(({ run }) => all.some((each) => each.run === run))
    const told = new Set<string>()
    for (const journal of own)
      if ((await runs.summaries.environmentOf(journal)) !== undefined) told.add(journal.run)
    return stillStarting(all, (run) => told.has(run))
  }

  /** Answers for a run of which no journal tells anything: one may be that has just been begun. */
  const answerUntold = (request: ConsoleRequest): Response => {
    const found = begun().find(({ run }) => run === request.param('run'))
    if (found === undefined || !request.may('look', found.environment)) return notThere(request)
    const { person } = request
    const title = `Rollout in ${found.environment}`
    const answer = answerPage({ title, path: '/rollouts', person, body: startingPage(found) })
    if (!found.isOver) answer.headers.set('refresh', String(LOOK_AGAIN_AFTER_S))
    return answer
  }

  return [
    {
      path: '/rollouts',
      async answer(request) {
        const { person, url, may } = request
        const before = url.searchParams.get('before') ?? undefined
        const sees = (environment: string) => may('look', environment)
        const journals = runs.journals()
        const listed = await listRuns(journals, runs.summaries, sees, before)
        const note = isShared ? OWN_ALONE : NOTHING
        const starting = await listStarting(request, journals)
        const body = html`${note}${listPage(listed, before, starting)}`
        return answerPage({ title: 'Rollouts', path: '/rollouts', person, body })
      },
    },
    {
      path: '/rollouts/:run',
      answer: (request) =>
        withRun(
          request,
          (watcher, { journal }) =>
            answerPage({
              title: nameOf(watcher),
              path: '/rollouts',
              person: request.person,
              body: rolloutPage(journal.run, watcher, runs.now()),
            }),
          answerUntold,
        ),
    },
    {
      path: '/rollouts/:run/events',
      answer: (request) =>
        withRun(request, (_watcher, seen) => {
          const known = request.header('last-event-id') ?? request.url.searchParams.get('from') ?? ''
          const { person, signal } = request
          const feedOf = (watcher: Watcher) => pageFeed(watcher, parsePlace(known))
          const events = runs.stream(seen, { person, signal, feedOf })
          return events instanceof ReadableStream
            ? new Response(events, { headers: EVENT_HEADERS })
            : refuse(events)
        }),
    },
    { path: '/console.js', answer: () => file(readScript(), 'text/javascript') },
    { path: '/rollout.css', answer: () => file(ROLLOUT_STYLE, 'text/css') },
  ]
}

/** Seconds after which the page of a rollout is loaded again that is just being started. */
const LOOK_AGAIN_AFTER_S = 2

const OWN_ALONE = html`<p class="muted">
  These are the rollouts of this control host. Those of others are in the
  <a href="/history">history</a> once they are over.
</p> `

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
