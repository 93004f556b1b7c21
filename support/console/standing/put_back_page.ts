import { html as page, namesOf, NOTHING, type Markup } from '../../reporting/html/markup'
import { formatTime } from '../../reporting/about'
import { hosts as counted } from '../../rollout/model/verdict'
import { putBackByHand, putBackCommand } from '../../reporting/put_back_command'
import type { FormRequest } from '../act'
import { pathOf } from '../live/rollout_acts'
import { nameOf } from '../live/rollout_page'
import { formTo, loadAgain, noForm } from './form_parts'
import { leftBy, whyNotToPutBack, type PutBackOptions } from './put_back_act'
import type { PutBack } from './put_backs'
import type { StandingRun } from './standing_runs'

const MAX_NAMES = 60
const MAX_IN_COMMAND = 8
/** The most attempts that a page names. */
const MAX_ATTEMPTS = 5

/** Shows what a run has left out of rotation, the button that puts it back, and what came of the attempts before. */
export async function putBackPage(
  found: StandingRun,
  request: FormRequest,
  options: Omit<PutBackOptions, 'clock'>,
): Promise<{ title: string; body: Markup }> {
  const { run, environment, followed } = found
  // What runs now may have put a host back before the ledger is read.
  const attempts = options.putBacks.of(run).slice(0, MAX_ATTEMPTS)
  const going = new Set(attempts.filter(({ id }) => options.isRunning(id)).map(({ id }) => id))
  const all = options.journals()
  const left = leftBy(run, all)
  const isKnown = all.faults.length === 0
  const cards = left.map(
    ({ first, hosts }) =>
      page`<div class="card out"><p class="lead"><b>${counted(hosts.length)}</b>: ${namesOf(page, hosts, MAX_NAMES)}</p>
<p>${first.obligation}, since ${formatTime(Date.parse(first.since))}</p>
<p class="muted">${putBackByHand(first.obligation, hosts, MAX_IN_COMMAND) ?? ''}</p></div>\n`,
  )
  const none = page`<p class="lead ${isKnown ? 'good' : 'warn'}">${
    isKnown
      ? '✔ No host that this rollout took out is out of rotation.'
      : 'No journal that can be read names a host of this rollout that is out of rotation.'
  }</p>\n`
  const faults = isKnown
    ? NOTHING
    : page`<p class="warn">Not every journal can be read: <code>lockstep status</code> says which.</p>\n`
  const shown = await Promise.all(attempts.map((one, index) => attempt(one, index === 0, going, options)))
  const history = shown.length === 0 ? NOTHING : page`<h2>Put back from here</h2>\n${shown}`
  return {
    title: `Put back: ${nameOf({ view: followed.view })}`,
    body: page`${going.size > 0 ? loadAgain() : NOTHING}${faults}<h2>Out of rotation now</h2>\n${left.length === 0 ? none : cards}${
      left.length === 0 ? NOTHING : act()
    }${history}`,
  }

  function act(): Markup {
    const why = whyNotToPutBack(found, options)
    const command = page`<p>It is done by:</p>\n<pre><code>${putBackCommand(run, all.journals)}</code></pre>\n`
    if (why !== undefined) return page`${command}${noForm(why)}`
    return request.may('put back', environment)
      ? page`${command}${formTo(`${pathOf(run)}/put-back`, request, page`<button>Put back</button>`)}`
      : page`${command}${noForm(`the policy does not allow you to put back in ${environment}`)}`
  }
}

/** Shows one attempt: how it stands by its own journal, and the last that it has printed. */
async function attempt(
  { id, person, at }: PutBack,
  isLast: boolean,
  going: ReadonlySet<string>,
  { runs, putBacks }: Pick<PutBackOptions, 'runs' | 'putBacks'>,
): Promise<Markup> {
  const summary = going.has(id) ? undefined : await runs.summaryOf(id)
  const lines = isLast ? putBacks.linesOf(id) : []
  const how = going.has(id)
    ? page`<b>goes on</b>`
    : summary === undefined
      ? page`<b class="bad">It did not begin, or its journal is gone.</b> Try it again, or say the command above in a terminal.`
      : page`<b>${summary.title}</b>: ${summary.sentence}`
  const output =
    lines.length === 0
      ? NOTHING
      : page`<pre class="text" tabindex="0">${lines.map((line) => page`${line}\n`)}</pre>\n`
  return page`<div class="card"><p>${person}, at ${formatTime(Date.parse(at))}, by run <a href="${pathOf(id)}">${id}</a>: ${how}</p>\n${output}</div>\n`
}
