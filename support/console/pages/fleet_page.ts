import { UNRELEASED } from '../../history/history_record'
import { clean, hosts as counted } from '../../rollout/model/verdict'
import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { formatLockstep, PLACES, quoteWord } from '../../system/commands'
import { MAX_HOSTS, type FleetData, type FleetHost } from './fleet_data'
import {
  addressOf,
  commandOf,
  emptyState,
  facts,
  faultsOf,
  linkTo,
  listOf,
  moreOf,
  nameOf,
  queryOf,
  tableOf,
  timeOf,
} from './parts'

const MAX_SHOWN = 20
const MAX_PER_HOST = 6

/** Shows the hosts of an environment as they are recorded, and since when each thing is known. */
export function fleetPage(data: FleetData): Markup {
  const { environment, environments, hosts, counts, wanted, faults } = data
  if (environment === undefined)
    return page`${faultsOf(faults)}${emptyState('No environment is known here yet. What comes next:', [
      ['Write a lockstep.yaml with your environments:', formatLockstep('init', [])],
      ['See who is there:', formatLockstep('ping', PLACES)],
    ])}`
  const ping = formatLockstep(`ping --environment ${quoteWord(environment)}`, PLACES)
  const isNothing = counts.expected + counts.inRuns === 0
  const more = moreOf(hosts, 'hosts', MAX_HOSTS, (from) =>
    queryOf('/fleet', { environment, find: wanted, from: String(from) }),
  )
  return page`${faultsOf(faults)}${chooser(environments, environment, wanted)}${facts(factRows(data))}
<p class="muted">This page says what is recorded, and asks no host. Who is there now, with which agents and facts, the hosts say:</p>
${commandOf(ping)}${fetchesOf(data)}<h2>${nameOf(environment)} <small>${counted(hosts.count)}</small></h2>
${
  isNothing
    ? page`<p class="lead">No host of it is in an inventory that is a file, or in the history.</p>\n`
    : hosts.count === 0
      ? page`<p class="lead">No host and no class is called so.</p>\n`
      : tableOf(
          'Hosts',
          ['host', 'classes', 'release', 'versions', 'last in a run'],
          hosts.shown.map((each) => rowOf(each, environment, data)),
        )
}${more}`
}

function factRows({ counts, inventory }: FleetData): [string, string | Markup][] {
  const { expected, inRuns, neverInRuns, unexpected } = counts
  const { files, notRead, fault } = inventory
  return [
    [
      'inventory',
      files === 0
        ? 'no file names the hosts of this environment'
        : `${counted(expected)} by its files, as they are now`,
    ],
    ...(fault === undefined
      ? []
      : [['not known', page`<span class="bad">${clean(fault, 600)}</span>`] as [string, Markup]]),
    ...(notRead.length === 0
      ? []
      : [
          ['not read here', `${notRead.map((each) => clean(each)).join(', ')}: only a command asks it`] as [
            string,
            string,
          ],
        ]),
    ['in runs', `${counted(inRuns)}, by the history`],
    ...(neverInRuns === 0 ? [] : [['never in a run', counted(neverInRuns)] as [string, string]]),
    ...(unexpected === 0
      ? []
      : [
          ['not in the inventory', page`<b class="warn">${counted(unexpected)}</b> that runs were for`] as [
            string,
            Markup,
          ],
        ]),
  ]
}

function chooser(environments: readonly string[], chosen: string, wanted: string): Markup {
  const options = environments.map(
    (name) =>
      page`<option value="${name}"${name === chosen ? page` selected` : NOTHING}>${nameOf(name)}</option>`,
  )
  return page`<form class="find" method="get" action="/fleet" role="search" aria-label="Find hosts">
<div><label for="environment">Environment</label><select id="environment" name="environment">${options}</select></div>
<div><label for="find">Host or class</label><input id="find" name="find" value="${wanted}" maxlength="255" autocomplete="off" spellcheck="false"></div>
<div><button>Show</button></div></form>
`
}

function fetchesOf({ fetches }: FleetData): Markup {
  if (fetches.length === 0) return NOTHING
  const lines = fetches.map(
    ({ repository, tag, at, has, all }) =>
      page`${linkTo(addressOf('pipeline', repository), nameOf(repository))}: the tag <b>${nameOf(tag)}</b> is on ${has} of ${counted(all)}, answered at ${timeOf(at)}`,
  )
  return page`<h2>Tags on hosts</h2>\n${listOf(lines.reverse(), MAX_SHOWN)}`
}

function rowOf(each: FleetHost, environment: string, { inventory }: FleetData): (string | Markup)[] {
  const { host, isExpected, classes, facts: known, release, versions, lastRun } = each
  const values = Object.entries(known)
  const classText = classes.slice(0, MAX_PER_HOST).map(nameOf).join(', ')
  const more = classes.length > MAX_PER_HOST ? ` … and ${classes.length - MAX_PER_HOST} more` : ''
  const details =
    values.length === 0
      ? NOTHING
      : page`<details><summary>${values.length} ${values.length === 1 ? 'fact' : 'facts'}</summary>${listOf(
          values.map(([name, value]) => page`${nameOf(name)}=${nameOf(value)}`),
          30,
        )}</details>`
  return [
    page`${linkTo(queryOf('/history', { environment, host }), nameOf(host))}${
      isExpected || inventory.files === 0 ? NOTHING : page`<br><span class="warn">not in the inventory</span>`
    }`,
    page`${classText}${more}${details}`,
    release === undefined ? '' : releaseCell(release, environment),
    versions.length === 0
      ? ''
      : listOf(
          versions.map(
            ([resource, { version, at }]) =>
              page`${nameOf(resource)}: ${nameOf(version)} <span class="muted">${timeOf(at)}</span>`,
          ),
          MAX_PER_HOST,
        ),
    lastRun === undefined
      ? 'never'
      : page`${linkTo(addressOf('history', environment, lastRun.release, lastRun.run), timeOf(lastRun.at))}`,
  ]
}

function releaseCell(
  { release, standing, since }: NonNullable<FleetHost['release']>,
  environment: string,
): Markup {
  const name = release === UNRELEASED ? 'outside of any release' : nameOf(release)
  const odd = standing === 'had' ? NOTHING : page` <b class="bad">${standing}</b>`
  return page`${linkTo(addressOf('history', environment, release), name)}${odd} <span class="muted">${timeOf(since)}</span>`
}
