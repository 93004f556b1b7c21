import { clean } from '../../rollout/model/verdict'
import { formatTime } from '../../reporting/about'
import { html, NOTHING, type Markup } from '../../reporting/html/markup'
import { formatLockstep, PLACES } from '../../system/commands'
import type { BegunRollout } from '../begun_rollout'
import type { RunJournal } from './run_journals'
import type { RunSummaries, RunSummary } from './run_summaries'

/** The rollouts of one page of the list. */
export interface ListedRuns {
  underWay: readonly RunSummary[]
  others: readonly RunSummary[]
  /** The run behind which the next page begins, one that the person may look at; undefined where there is no other. */
  next: string | undefined
  /** True where a journal does not say of which environment it is. */
  isUnknown: boolean
}

const MAX_ROWS = 25
/** The most journals that are read whole for one page. */
const MAX_READ = 200
const MAX_SENTENCE = 300

/**
 * Resolves with the rollouts that a person may look at: those under way, and the newest of the others that began before
 * the run `before`. Nothing of it depends on the rollouts of other environments, neither its length nor where it goes on.
 */
export async function listRuns(
  journals: readonly RunJournal[],
  summaries: Pick<RunSummaries, 'of' | 'unended' | 'environmentOf'>,
  may: (environment: string) => boolean,
  before?: string,
): Promise<ListedRuns> {
  const isAllowed = async (journal: RunJournal) => {
    const environment = await summaries.environmentOf(journal)
    return environment === undefined ? undefined : may(environment)
  }
  const underWay: RunSummary[] = []
  for (const journal of await summaries.unended(journals)) {
    if ((await isAllowed(journal)) !== true) continue
    const summary = await summaries.of(journal)
    if (isGoingOn(summary)) underWay.push(summary)
  }
  const others: RunSummary[] = []
  let isUnknown = false
  let last: string | undefined
  let read = 0
  for (const journal of journals) {
    if (before !== undefined && journal.run >= before) continue
    const allowed = await isAllowed(journal)
    isUnknown ||= allowed === undefined
    if (allowed !== true) continue
    if (others.length === MAX_ROWS || read === MAX_READ) return { underWay, others, next: last, isUnknown }
    read += 1
    last = journal.run
    const summary = await summaries.of(journal)
    if (!isGoingOn(summary)) others.push(summary)
    // It has said its end just now, and its process has still something to do.
    else if (!underWay.some((each) => each.run === summary.run)) underWay.push(summary)
  }
  return { underWay, others, next: undefined, isUnknown }
}

function isGoingOn({ course }: RunSummary): boolean {
  return course === 'under way' || course === 'unknown'
}

/** Shows rollouts as a list, those under way first. */
export function listPage(
  { underWay, others, next, isUnknown }: ListedRuns,
  before?: string,
  starting: readonly BegunRollout[] = [],
): Markup {
  const going = [...starting.map(startingRow), ...underWay.map(rowOf)]
  const first =
    before === undefined
      ? listOf(titleOf(underWay), going, 'No rollout that you may look at is under way.')
      : NOTHING
  const isEmpty = before === undefined && !isUnknown && going.length + others.length === 0
  const rest = listOf(
    before === undefined ? 'Before' : 'Earlier',
    others.map(rowOf),
    'There is no other rollout that you may look at.',
  )
  const more =
    next === undefined
      ? NOTHING
      : html`<p><a href="/rollouts?before=${encodeURIComponent(next)}">Earlier rollouts</a></p> `
  const not = isUnknown
    ? html`<p class="warn">
        Not every journal says of which environment it is: <code>lockstep status</code> says why.
      </p> `
    : NOTHING
  return html`<link rel="stylesheet" href="/rollout.css" />
    <div class="rollout list">${first}${rest}${not}${more}${isEmpty ? beginning() : NOTHING}</div> `
}

function beginning(): Markup {
  const command = formatLockstep('run features/deployments/website.feature --release 1.0', PLACES)
  return html`<p>Each rollout that is begun here, also in a terminal, is shown while it goes on:</p>
    <pre><code>${command}</code></pre> `
}

/** Returns the heading of those that have no end; the process of some cannot be seen from here. */
function titleOf(runs: readonly RunSummary[]): string {
  return runs.some(({ course }) => course === 'unknown')
    ? 'Under way, or not known to have ended'
    : 'Under way'
}

function listOf(title: string, rows: readonly Markup[], none: string): Markup {
  return html`<h2>${title}</h2>
    ${
      rows.length === 0
        ? html`<p class="muted">${none}</p> `
        : html`<ul class="runs">
            ${rows}
          </ul> `
    }`
}

function startingRow({ run, name, environment, by, since }: BegunRollout): Markup {
  return html`<li class="going">
    <span class="verdict">STARTING</span> <a href="/rollouts/${encodeURIComponent(run)}">${name}</a>
    <span class="muted">in ${environment} · ${by} · ${formatTime(Date.parse(since))}</span>
  </li> `
}

/** Shows a rollout that was begun and has no journal: it is being started, or never came to one. */
export function startingPage({ run, at, by, machine, since, isOver }: BegunRollout): Markup {
  const is = isOver
    ? html`<p class="lead bad">This rollout did not begin, or its journal is gone.</p>
        <p><a href="${at}">What is known of it</a></p> `
    : html`<p class="lead">It is being started by ${by}, since ${formatTime(Date.parse(since))}.</p>
        <p>
          Its journal tells nothing of it yet. This page loads itself again. <a href="${at}">Its plan</a>
        </p> `
  return html`<div class="card ${isOver ? 'out' : 'going'}">
    ${is}
    <p class="muted">run ${run} on ${machine}</p>
  </div> `
}

function rowOf({ run, features, environment = '', title, sentence, tone, by, beganAt }: RunSummary): Markup {
  const name = features.length === 0 ? run : features.slice(0, 3).join(', ')
  return html`<li class="${tone}">
    <span class="verdict">${title}</span> <a href="/rollouts/${encodeURIComponent(run)}">${name}</a>
    <span class="muted">in ${environment} · ${by} · ${formatTime(beganAt)}</span
    ><span class="says">${clean(sentence, MAX_SENTENCE)}</span>
  </li> `
}
