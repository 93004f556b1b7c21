import { html as page, type Markup } from '../../reporting/html/markup'
import { comparePage } from './compare_page'
import { ConsoleState } from './console_state'
import { readFleet } from './fleet_data'
import { fleetPage } from './fleet_page'
import { readComparison, readHistory, readRelease, readRun } from './history_data'
import { historyPage } from './history_page'
import { readNow } from './now_data'
import { nowPage } from './now_page'
import { answerPage } from '../page'
import { linkTo, nameOf } from './parts'
import { readPipelines, readRepository } from './pipeline_data'
import { pipelinePage, repositoryPage } from './pipeline_page'
import { releasePage } from './release_page'
import type { FormRequest, FormRoute } from '../act'
import { runPage } from './run_page'
import { Sight } from './sight'
import { sharingNote } from './sharing_note'
import type { ConsoleSources } from './sources'

/** The characters that somebody may look for. */
const MAX_ASKED = 255

type Shown = { title: string; body: Markup } | undefined

/** Returns the pages that only read. The state is read for each request, and only where files have changed. */
export function consoleRoutes(
  sources: ConsoleSources,
  state = new ConsoleState(sources),
  driftNow?: (request: FormRequest, asked: { environment: string; release: string }) => Markup,
): FormRoute[] {
  const route = (
    path: string,
    entry: string,
    show: (request: FormRequest, sight: Sight) => Shown | Promise<Shown>,
  ): FormRoute => ({
    path,
    answer: async (request) => {
      const { person, may } = request
      const sight = new Sight(may, state.environments())
      const shown = await show(request, sight)
      return shown === undefined
        ? answerPage({ title: 'Not found', path: entry, person, body: notFound(entry) }, 404)
        : answerPage({
            title: shown.title,
            path: entry,
            person,
            body: page`${sharingNote(sources, sight, path === '/')}${shown.body}`,
          })
    },
  })
  return [
    route('/', '/', async (_, sight) => ({ title: 'Now', body: nowPage(await readNow(state, sight)) })),
    route('/history', '/history', ({ url }, sight) => {
      const asked = askedIn(url)
      const wanted = {
        environment: asked('environment'),
        release: asked('release'),
        host: asked('host'),
        ticket: asked('ticket'),
      }
      return {
        title: 'History',
        body: historyPage(readHistory(wanted, url.searchParams.get('from'), state, sight)),
      }
    }),
    route('/history/compare', '/history', ({ url }, sight) => {
      const asked = askedIn(url)
      const [environment = '', from = '', to = ''] = [asked('environment'), asked('from'), asked('to')]
      const found = readComparison({ environment, from, to }, state, sight)
      return found && { title: 'Two releases side by side', body: comparePage(found) }
    }),
    route('/history/:environment/:release', '/history', (request, sight) => {
      const { url, param } = request
      const [environment, release] = [param('environment'), param('release')]
      const found = readRelease(environment, release, url.searchParams.get('from'), state, sight)
      if (found === undefined) return undefined
      const body = releasePage({ ...found, driftNow: driftNow?.(request, { environment, release }) })
      return { title: titleOfRelease(environment, release), body }
    }),
    route('/history/:environment/:release/:run', '/history', ({ param }, sight) => {
      const asked = { environment: param('environment'), release: param('release'), run: param('run') }
      const found = readRun(asked, state, sight)
      return found && { title: `Run ${found.record.run}`, body: runPage(found) }
    }),
    route('/pipeline', '/pipeline', async (_, sight) => ({
      title: 'Pipeline',
      body: pipelinePage(await readPipelines(state, sight)),
    })),
    route('/pipeline/:repository', '/pipeline', async ({ url, param }, sight) => {
      const found = await readRepository(param('repository'), url.searchParams.get('from'), state, sight)
      return found && { title: nameOf(found.repository), body: repositoryPage(found) }
    }),
    route('/fleet', '/fleet', async ({ url }, sight) => {
      const { searchParams: query } = url
      const wanted = (query.get('find') ?? '').trim().slice(0, MAX_ASKED)
      const found = await readFleet(
        { environment: query.get('environment'), wanted, from: query.get('from') },
        state,
        sight,
      )
      return found && { title: 'Fleet', body: fleetPage(found) }
    }),
  ]
}

function titleOfRelease(environment: string, release: string): string {
  return release === 'unreleased'
    ? `Outside of any release in ${nameOf(environment)}`
    : `Release ${nameOf(release)} in ${nameOf(environment)}`
}

/** Returns a reader of the values of a form; an empty field asks for nothing. */
function askedIn(url: URL): (name: string) => string | undefined {
  return (name) => url.searchParams.get(name)?.trim().slice(0, MAX_ASKED) || undefined
}

function notFound(entry: string): Markup {
  return page`<p class="lead">There is nothing here that you may look at.</p>\n<p>${linkTo(entry, 'Go back')}</p>\n`
}
