import { describeEntry } from '../../history/format_history'
import { UNRELEASED, type HistoryEntry } from '../../history/history_record'
import type { WantedRuns } from '../../history/find_runs'
import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { formatLockstep, PLACES } from '../../system/commands'
import { outcomeMark } from './outcome_marks'
import {
  addressOf,
  emptyState,
  faultsOf,
  hostsOf,
  linkTo,
  listOf,
  markOf,
  moreOf,
  nameOf,
  queryOf,
  timeOf,
  type Part,
} from './parts'

/** The runs of a page, and the releases of an environment that are linked, at most. */
export const MAX_RUNS = 30
const MAX_RELEASES = 30
const MAX_LINES = 6

export interface HistoryData {
  /** The environments that may be chosen. */
  environments: readonly string[]
  wanted: WantedRuns
  /** The runs that were asked for, the newest first. */
  found: Part<HistoryEntry>
  /** The number of runs that the reader may see at all. */
  known: number
  /** True where the reader may look at every environment. */
  isWhole: boolean
  /** The releases of each environment, the newest first. */
  releases: readonly { environment: string; releases: readonly string[] }[]
  faults: readonly string[]
}

/** Shows what changed, where, by whom and for which ticket, as `lockstep history` does. */
export function historyPage(data: HistoryData): Markup {
  const { found, known, isWhole, wanted, faults } = data
  const more = moreOf(found, 'runs', MAX_RUNS, (from) =>
    queryOf('/history', { ...wanted, from: String(from) }),
  )
  const nothing =
    known === 0
      ? emptyState(
          `No run${isWhole ? '' : ' of the environments that you may look at'} is in the history yet: rollouts to a fleet are written there.`,
          [
            [
              'Roll out for the first time:',
              formatLockstep('run features/deployments/website.feature --release 1.0', PLACES),
            ],
          ],
        )
      : page`<p class="lead">Nothing of that is in the history.</p>\n<p>${linkTo('/history', 'Show all of it')}</p>\n`
  return page`${faultsOf(faults)}${known === 0 ? NOTHING : findForm(data)}${
    found.count === 0
      ? nothing
      : page`<h2>Runs <small>${found.count}</small></h2>\n${found.shown.map(runItem)}${more}`
  }${releaseLists(data)}`
}

function findForm({ environments, wanted }: HistoryData): Markup {
  const options = ['', ...environments].map(
    (name) =>
      page`<option value="${name}"${name === (wanted.environment ?? '') ? page` selected` : NOTHING}>${name === '' ? 'all' : nameOf(name)}</option>`,
  )
  return page`<form class="find" method="get" action="/history" role="search" aria-label="Find runs">
<div><label for="environment">Environment</label><select id="environment" name="environment">${options}</select></div>
${field('release', 'Release', wanted.release)}${field('host', 'Host', wanted.host)}${field('ticket', 'Ticket', wanted.ticket)}<div><button>Find</button></div></form>
`
}

function field(name: string, label: string, value = ''): Markup {
  return page`<div><label for="${name}">${label}</label><input id="${name}" name="${name}" value="${value}" maxlength="255" autocomplete="off" spellcheck="false"></div>\n`
}

/** Shows a run in a list: in the words of the terminal, and with its address. */
export function runItem(run: HistoryEntry): Markup {
  const { environment, release, mode, by, tickets, began, outcome, hosts } = run
  const of = release === UNRELEASED ? nameOf(run.feature) : `release ${nameOf(release)}`
  const why =
    tickets.length === 0
      ? NOTHING
      : page` for ${tickets.slice(0, 5).map((ticket, index) => page`${index === 0 ? '' : ', '}${ticketLink(ticket)}`)}`
  return page`<article class="run"><p><b>${linkTo(addressOf('history', environment, release, run.run), of)}</b> in ${nameOf(environment)} ${markOf(outcomeMark({ outcome, mode }))}</p>
<p class="muted">${timeOf(began)}, by ${nameOf(by)}${why}: ${hostsOf(hosts, 4)}</p>
${listOf(
  describeEntry(run).lines.map((line) => page`${line}`),
  MAX_LINES,
)}</article>
`
}

export function ticketLink(ticket: string): Markup {
  return linkTo(queryOf('/history', { ticket }), nameOf(ticket))
}

function releaseLists({ releases }: HistoryData): Markup {
  const lists = releases
    .filter((each) => each.releases.length > 0)
    .map(({ environment, releases: names }) => {
      const links = names.map((name) =>
        linkTo(
          addressOf('history', environment, name),
          name === UNRELEASED ? 'outside of any release' : nameOf(name),
        ),
      )
      return page`<section class="card"><h3>${nameOf(environment)}</h3>\n${listOf(links, MAX_RELEASES)}</section>\n`
    })
  return lists.length === 0 ? NOTHING : page`<h2>Releases</h2>\n<div class="cards">${lists}</div>\n`
}
