import { UNRELEASED } from '../../history/history_record'
import { hosts as counted } from '../../rollout/model/verdict'
import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { formatLockstep, PLACES, quoteWord } from '../../system/commands'
import type { BegunRollout } from '../begun_rollout'
import type {
  EnvironmentReleases,
  NowData,
  OutOfRotation,
  ReleaseOnHosts,
  RolloutUnderWay,
  WaitingApproval,
  WaitingGate,
} from './now_data'
import type { WaitingStart } from './sources'
import {
  addressOf,
  ageOf,
  commandOf,
  emptyState,
  faultsOf,
  hostsOf,
  linkTo,
  listOf,
  markOf,
  nameOf,
  queryOf,
  timeOf,
  type Mark,
} from './parts'

/** The most entries of each part of the page. */
const MAX_SHOWN = 20
const MAX_RELEASES = 6
const MAX_NAMES = 6

/** Shows what is so now: first what somebody has to see to, then what goes on, then what hosts have. */
export function nowPage(data: NowData): Markup {
  const { underWay, starting, approvals, gates, starts, spools, environments, locks, faults, now } = data
  const isKnown = environments.some(({ hosts }) => hosts > 0)
  const isBegun = [underWay, starting, approvals, gates, starts].some((each) => each.length > 0)
  return page`${outSection(data)}${faultsOf(faults)}${section('Waits for a person', [
    ...gates.map((each) => gateCard(each, now)),
    ...approvals.map((each) => approvalCard(each, now)),
    ...starts.map((each) => startCard(each, now)),
  ])}${section('Rollouts under way', [
    ...starting.map((each) => startingCard(each, now)),
    ...underWay.map((each) => rolloutCard(each, now)),
  ])}${
    spools.length === 0
      ? NOTHING
      : page`<h2>Not taken yet</h2>\n${listOf(
          spools.map((line) => page`${line}`),
          MAX_SHOWN,
        )}`
  }${unwrittenSection(data)}${isKnown || isBegun ? releasesSection(environments) : beginning(data)}${
    locks.length === 0
      ? NOTHING
      : page`<h2>Locks</h2>\n${listOf(
          locks.map((lock) => page`Locked: ${lock}`),
          MAX_SHOWN,
        )}`
  }`
}

function section(title: string, cards: readonly Markup[]): Markup {
  if (cards.length === 0) return NOTHING
  const left = cards.length - MAX_SHOWN
  const more = left > 0 ? page`<p class="muted">… and ${left} more</p>\n` : NOTHING
  return page`<h2>${title} <small>${cards.length}</small></h2>\n${cards.slice(0, MAX_SHOWN)}${more}`
}

function outSection(data: NowData): Markup {
  const { out, now } = data
  if (out.length === 0) return nothingOut(data)
  const hosts = new Set(out.flatMap((each) => each.hosts)).size
  const cards = out.slice(0, MAX_SHOWN).map((each) => outCard(each, now))
  const left = out.length - MAX_SHOWN
  const more =
    left > 0
      ? page`<p class="muted">… and ${left} more: ${linkless(formatLockstep('status --hosts all', PLACES))}</p>\n`
      : NOTHING
  const tone = out.every(({ isGoing }) => isGoing) ? 'warn' : 'bad'
  return page`<section aria-label="Out of rotation"><h2 class="${tone}">Out of rotation: ${counted(hosts)}</h2>\n${cards}${more}</section>\n`
}

/** Says that nothing is out, and of which part of the world that is known. */
function nothingOut({ faults, isWhole, isShared, hasJournals }: NowData): Markup {
  const where = isWhole ? '' : ' in the environments that you may look at'
  const whose = isShared ? ' by the rollouts of this control host' : ''
  if (faults.length > 0)
    return page`<p class="lead warn">${`No journal that can be read names a host that is out of rotation${where}.`}</p>\n`
  if (isWhole && !hasJournals)
    return page`<p class="lead muted">There is no journal of a live run here: no host is known to be out of rotation.</p>\n`
  return page`<p class="lead good">${`✔ Nothing is out of rotation${where}${whose}.`}</p>\n`
}

function outCard(
  { first, hosts, environment, putBack, byHand, isGoing }: OutOfRotation,
  now: number,
): Markup {
  const way = isGoing
    ? page`<p>Its rollout is under way. Hosts are put back from here once it is over.</p>\n`
    : page`<p>Put back:</p>
${commandOf(putBack)}<p><a class="act" href="${addressOf('rollouts', first.run, 'put-back')}">Put back…</a></p>
${byHand === undefined ? NOTHING : page`<p class="muted">or by hand${byHand}</p>\n`}`
  return page`<div class="card ${isGoing ? 'wait' : 'out'}"><p class="lead"><b>${hostsOf(hosts)}</b> <span class="muted">of ${nameOf(environment)}</span></p>
<p>${first.obligation}</p>
<p>since ${timeOf(first.since)}${ageOf(first.since, now)}, by run ${linkTo(addressOf('rollouts', first.run), first.run)} of ${nameOf(first.feature)}</p>
${way}</div>
`
}

function approvalCard(each: WaitingApproval, now: number): Markup {
  const { repository, run, environment, plan, why, tag, commit, since, approve } = each
  return page`<div class="card wait"><p class="lead"><b>${nameOf(tag)}</b> of ${linkTo(addressOf('pipeline', repository), nameOf(repository))} <span class="muted">for ${nameOf(environment)}</span></p>
<p>${plan} <span class="muted">(commit ${commit})</span></p>
<p>waits for approval since ${timeOf(since)}${ageOf(since, now)}${why === undefined ? '' : `, since ${why}`}</p>
<p>${linkTo(addressOf('pipeline', repository, 'plans', run), 'See the whole plan, and approve exactly it')}, or say:</p>
${commandOf(approve)}</div>
`
}

function gateCard(each: WaitingGate, now: number): Markup {
  const { run, feature, environment, gate, question, since, until, out } = each
  const path = addressOf('rollouts', run, 'gates', gate)
  const left = Math.ceil((Date.parse(until) - now) / 60_000)
  const meanwhile =
    out.length === 0
      ? page`No host is out of rotation by it.`
      : page`<b class="bad">Out of rotation meanwhile: ${counted(out.length)}</b>, ${hostsOf(out)}`
  return page`<div class="card wait"><p class="lead"><b>${question}</b> <span class="muted">for ${nameOf(environment)}</span></p>
<p>run ${linkTo(addressOf('rollouts', run), run)} of ${nameOf(feature)} waits since ${timeOf(since)}${ageOf(since, now)}, until ${timeOf(until)}${left > 0 ? `: ${left} min left` : ': its time is over'}</p>
<p>${meanwhile}</p>
<p><a class="act" href="${path}">Approve…</a><a class="act" href="${path}">Refuse…</a></p></div>
`
}

function startCard({ at, feature, environment, waits, by, since }: WaitingStart, now: number): Markup {
  return page`<div class="card wait"><p class="lead"><b>${linkTo(at, nameOf(feature))}</b> <span class="muted">for ${nameOf(environment)}</span></p>
<p>${waits} <span class="muted">asked for by ${nameOf(by)} at ${timeOf(since)}${ageOf(since, now)}</span></p></div>
`
}

function rolloutCard(each: RolloutUnderWay, now: number): Markup {
  const { run, feature, environment, release, by, began, hosts, wave } = each
  const of = release === undefined || release === UNRELEASED ? nameOf(feature) : `release ${nameOf(release)}`
  return page`<div class="card going"><p class="lead"><b>${linkTo(addressOf('rollouts', run), of)}</b> <span class="muted">in ${nameOf(environment)}</span></p>
<p>${hosts === 0 ? 'no roll call yet' : counted(hosts)}${wave === undefined ? '' : `, in ${nameOf(wave)}`}</p>
<p class="muted">run ${run} of ${nameOf(feature)}${by === undefined ? '' : `, by ${nameOf(by)}`}, since ${timeOf(began)}${ageOf(began, now)}</p><p><a class="act" href="${addressOf('rollouts', run, 'stop')}">Stop…</a></p></div>
`
}

function startingCard(each: BegunRollout, now: number): Markup {
  const { run, at, name, environment, by, machine, since } = each
  return page`<div class="card going"><p class="lead"><b>${linkTo(at, nameOf(name))}</b> <span class="muted">in ${nameOf(environment)}</span></p>
<p>is being started by ${nameOf(by)}, since ${timeOf(since)}${ageOf(since, now)}</p>
<p class="muted">run ${run} on ${nameOf(machine)}; its journal tells nothing of it yet</p></div>
`
}

/** Names the runs that the history does not have: what it says of their hosts may not be so any more. */
function unwrittenSection({ unwritten }: NowData): Markup {
  const lines = unwritten.map(
    ({ run, feature, hosts }) =>
      page`Run ${linkTo(addressOf('rollouts', run), run)} of ${nameOf(feature)} did not end, and may have changed its ${counted(hosts)}: ${linkless(formatLockstep(`history --write ${quoteWord(run)}`, PLACES))}`,
  )
  return lines.length === 0 ? NOTHING : page`<h2>Not in the history</h2>\n${listOf(lines, MAX_SHOWN)}`
}

function releasesSection(environments: readonly EnvironmentReleases[]): Markup {
  const cards = environments.slice(0, MAX_SHOWN).map(environmentCard)
  const left = environments.length - MAX_SHOWN
  return page`<h2>Releases <small>that hosts had last, by the history</small></h2>
<div class="cards">${cards}</div>
${left > 0 ? page`<p class="muted">… and ${left} more environments: ${linkTo('/history', 'History')}</p>\n` : NOTHING}`
}

function environmentCard({ environment, hosts, releases }: EnvironmentReleases): Markup {
  const rows = releases.slice(0, MAX_RELEASES).map((each) => releaseLine(environment, each, hosts))
  const left = releases.length - MAX_RELEASES
  const more =
    left > 0 ? page`<p>${linkTo(queryOf('/history', { environment }), `… and ${left} more`)}</p>\n` : NOTHING
  const none = page`<p class="muted">No release has come to its hosts, by the history.</p>\n`
  return page`<section class="card"><h3>${nameOf(environment)} <small>${hosts === 0 ? '' : `${counted(hosts)} in runs`}</small></h3>
${rows.length === 0 ? none : rows}${more}</section>\n`
}

function releaseLine(environment: string, each: ReleaseOnHosts, all: number): Markup {
  const { release, hosts, count, since, passed, why } = each
  const name = release === UNRELEASED ? 'changed outside of any release' : nameOf(release)
  const share = `${count} of ${counted(all)}`
  return page`<div class="run"><p><b>${linkTo(addressOf('history', environment, release), name)}</b> ${markOf(markOfRelease(each))} <span class="muted">on ${share}, last at ${timeOf(since)}</span></p>
${hosts.had.length === 0 ? NOTHING : page`<p>${hostsOf(hosts.had, MAX_NAMES)}</p>\n`}${
    hosts.unfinished.length === 0
      ? NOTHING
      : page`<p><b class="bad">not brought to its end</b> on ${hostsOf(hosts.unfinished, MAX_NAMES)}</p>\n`
  }${
    hosts['went back'].length === 0
      ? NOTHING
      : page`<p><b class="bad">told to go back</b> on ${hostsOf(hosts['went back'], MAX_NAMES)}</p>\n`
  }${passed || why === undefined ? NOTHING : page`<p class="muted">It has not passed: ${why}</p>\n`}</div>
`
}

function markOfRelease({ hosts, passed, release }: ReleaseOnHosts): Mark {
  if (hosts.unfinished.length + hosts['went back'].length > 0) return { text: '✘ unfinished', tone: 'bad' }
  if (release === UNRELEASED) return { text: 'no release', tone: 'muted' }
  return passed ? { text: '✔ passed', tone: 'good' } : { text: '! not on all hosts', tone: 'warn' }
}

/** Shows a new user what to do first. Each command works as it stands. */
function beginning({ isWhole, canStart }: NowData): Markup {
  const where = isWhole ? '' : ' of the environments that you may look at'
  const onPages = canStart
    ? page`<p class="lead">${linkTo('/start', 'Choose a feature')} to plan it, and to roll it out once its plan is approved.</p>\n`
    : NOTHING
  return page`${onPages}${beginInTerminal(where)}`
}

function beginInTerminal(where: string): Markup {
  return emptyState(`No rollout${where} is in the history yet. What comes next, in a terminal:`, [
    ['Look whether brokers, hosts and balancers are well:', formatLockstep('doctor', PLACES)],
    ['See who is there:', formatLockstep('ping', PLACES)],
    [
      'Plan a first rollout, which changes nothing:',
      formatLockstep('plan features/deployments/website.feature', PLACES),
    ],
    [
      'Roll it out, and give it the name of its release:',
      formatLockstep('run features/deployments/website.feature --release 1.0', PLACES),
    ],
  ])
}

function linkless(command: string): Markup {
  return page`<code>${command}</code>`
}
