import { UNRELEASED, type HistoryEntry } from '../../history/history_record'
import type { DriftFinding } from '../../history/drift_check'
import type { HostRelease } from '../../history/host_releases'
import type { Standing } from '../../history/standing'
import type { Drift } from '../../run/run_parts'
import { clean, hosts as counted } from '../../rollout/model/verdict'
import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { formatLockstep, PLACES, quoteWord } from '../../system/commands'
import { groupBy } from '../../system/groups'
import { MAX_RUNS, runItem } from './history_page'
import {
  addressOf,
  commandOf,
  facts,
  faultsOf,
  hostsOf,
  linkTo,
  listOf,
  markOf,
  moreOf,
  nameOf,
  timeOf,
  type Part,
} from './parts'

const MAX_SHOWN = 20

export interface ReleaseData {
  environment: string
  release: string
  /** Its standing by its live runs, and by those in safe mode. */
  live: Standing
  noop: Standing
  /** Its runs, the newest first. */
  runs: Part<HistoryEntry>
  /** The hosts that it has come to last. */
  hosts: readonly HostRelease[]
  /** The changes that its runs had to make a second time, with the run that found each. */
  drift: readonly (Drift & { run: string; at: string })[]
  /** The hosts that no run of it has finished. */
  notBroughtOn: readonly DriftFinding[]
  /** The other releases of the environment, the newest first. */
  others: readonly string[]
  faults: readonly string[]
  /** What hosts have said of drift when they were last asked from here; absent where they cannot be. */
  driftNow?: Markup | undefined
}

/** Shows a release in an environment: its standing, the hosts that have it, its drift, its runs. */
export function releasePage(data: ReleaseData): Markup {
  const { environment, release, live, runs, hosts, drift, notBroughtOn, others, faults } = data
  const isOne = release !== UNRELEASED
  const here = addressOf('history', environment, release)
  return page`${faultsOf(faults)}${isOne ? standingOf(data) : NOTHING}${
    hosts.length === 0
      ? NOTHING
      : page`<h2>Hosts that had it last <small>${counted(hosts.length)}</small></h2>\n${hostGroups(hosts)}`
  }${
    notBroughtOn.length === 0
      ? NOTHING
      : page`<h2>Not brought on <small>${counted(notBroughtOn.length)}</small></h2>\n${listOf(
          [...groupBy(notBroughtOn, ({ seen }) => seen)].map(
            ([seen, group]) => page`<b>${hostsOf(group.map(({ host }) => host))}</b>: ${clean(seen)}`,
          ),
          MAX_SHOWN,
        )}`
  }${isOne ? page`${data.driftNow ?? NOTHING}${driftSection(environment, release, drift, live)}` : NOTHING}${
    isOne && others.length > 0 ? compareForm(environment, release, others) : NOTHING
  }<h2>Runs <small>${runs.count}</small></h2>
${runs.shown.map(runItem)}${moreOf(runs, 'runs', MAX_RUNS, (from) => `${here}?from=${from}`)}`
}

function standingOf({ live, noop }: ReleaseData): Markup {
  const mark = live.passed
    ? ({ text: '✔ passed', tone: 'good' } as const)
    : ({ text: '! not passed', tone: 'warn' } as const)
  const rows: [string, string | Markup][] = [
    ['live', page`${markOf(mark)} ${standingText(live)}`],
    ...(noop.passed ? [['in safe mode', standingText(noop)] as [string, Markup]] : []),
  ]
  return facts(rows)
}

function standingText(standing: Standing): Markup {
  if (!standing.passed) return page`${standing.why}`
  const { last, hosts } = standing
  const run = linkTo(addressOf('history', last.environment, last.release, last.run), last.run)
  return page`on ${counted(hosts)}, by run ${run} at ${timeOf(last.ended)}`
}

const STANDINGS: Readonly<Record<HostRelease['standing'], string>> = {
  had: 'brought to its end on',
  unfinished: 'told to change, and not brought to its end on',
  'went back': 'told to go back on',
}

function hostGroups(hosts: readonly HostRelease[]): Markup {
  const groups = [...groupBy(hosts, ({ standing, run }) => `${standing} ${run}`).values()]
  return listOf(
    groups.flatMap((group) => {
      const [first] = group
      if (first === undefined) return []
      const names = hostsOf(group.map(({ host }) => host))
      return [
        page`${STANDINGS[first.standing]} <b>${names}</b> by run ${first.run} at ${timeOf(first.since)}`,
      ]
    }),
    MAX_SHOWN,
  )
}

function driftSection(
  environment: string,
  release: string,
  drift: ReleaseData['drift'],
  live: Standing,
): Markup {
  const found = drift.map(
    ({ host, what, since, run, at }) =>
      page`<b>${nameOf(host)}</b> was done by run ${since}; ${clean(what)} <span class="muted">(found by run ${run} at ${timeOf(at)})</span>`,
  )
  const command = formatLockstep(
    `drift --environment ${quoteWord(environment)} --release ${quoteWord(release)}`,
    PLACES,
  )
  const none = live.passed
    ? page`<p>No run of this release has found drift. That says nothing of now.</p>\n`
    : page`<p>No run of this release has found drift.</p>\n`
  return page`<h2>Drift, as it was last recorded <small>${drift.length}</small></h2>
${found.length === 0 ? none : listOf(found, MAX_SHOWN)}<p>Look at the hosts now, which changes nothing:</p>
${commandOf(command)}`
}

function compareForm(environment: string, release: string, others: readonly string[]): Markup {
  const options = others.slice(0, 200).map((name) => page`<option value="${name}">${nameOf(name)}</option>`)
  return page`<form class="find" method="get" action="/history/compare" aria-label="Compare releases">
<input type="hidden" name="environment" value="${environment}"><input type="hidden" name="to" value="${release}">
<div><label for="from">Compare with the release</label><select id="from" name="from">${options}</select></div>
<div><button>Show side by side</button></div></form>
`
}
