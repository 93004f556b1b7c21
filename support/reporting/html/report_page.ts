import { hosts as counted } from '../../rollout/model/verdict'
import { rehearsalSection } from './rehearsal_section'
import { MODES } from '../../run/modes'
import type { RunState } from '../../run/run_state'
import { nothingIsOut } from '../../run/outcome'
import { advice } from '../advice'
import { evidenceOf } from '../evidence'
import { html, Markup, NOTHING, type Html } from './markup'
import { matrixPicture, symbolsOf } from './matrix_picture'
import { factsOf, obligationsOf, remarksOf, type Fact } from './page_facts'
import { beginningOf, headOf } from './page_head'
import { scenariosOf } from './page_scenarios'
import { stopsOf } from './page_stop'
import { timelineOf } from './page_timeline'
import { planSection } from './report_plan'

/** The meanings of the picture of lines and hosts where nothing was done. */
export const WOULD_BE = { passed: 'would pass', diverged: 'would not pass' }

/**
 * Returns a run as one page of HTML that needs nothing else. First come the outcome, the hosts that it failed on, and
 * what to do next. Every line against every host follows, when they answered, and every scenario with its lines. The
 * page comes in pieces: hosts times lines are never in one text.
 */
export function* pageOf(run: RunState): Iterable<string> {
  for (const { text } of sectionsOf(html, run)) yield text
}

function* sectionsOf(page: Html, run: RunState): Iterable<Markup> {
  yield beginningOf(page, run)
  yield new Markup('<main>\n')
  yield headOf(page, run)
  yield stopsOf(page, run)
  yield listOf(page, remarksOf(page, run))
  yield nextOf(page, run)
  yield outOfRotation(page, run)
  yield listOf(page, factsOf(page, run))
  if (!MODES[run.mode].changes) yield planSection(page, run)
  if (run.rehearsals.length > 0) yield rehearsalSection(page, run.rehearsals)
  yield symbolsOf(page)
  for (const [uri, name] of new Map(run.plan.map(({ uri, feature }) => [uri, feature ?? '']))) {
    yield page`<h2>${name || uri} <span class="muted">${name === '' ? '' : uri}</span></h2>\n`
    yield variablesOf(page, run, uri)
    const matrix = evidenceOf(run, uri)
    if (matrix.hosts.length > 0) yield* matrixPicture(page, matrix, MODES[run.mode].changes ? {} : WOULD_BE)
    yield* timelineOf(page, run, uri)
    yield page`<h3>Every line, and what was seen</h3>\n`
    yield* scenariosOf(page, run, uri)
  }
  yield new Markup('</main></body></html>\n')
}

/** The titles of hosts that are out. A report is of the end of its run; a page that is looked at later is not. */
export interface OutWords {
  own: string
  /** The title of those of earlier runs. */
  before: string
  isOver: boolean
}

const AT_THE_END: OutWords = {
  own: 'Still out of rotation',
  before: 'Still out of rotation from earlier runs',
  isOver: true,
}

/** Shows the hosts that are out of the pool, of this run and of those before it. While a run goes on, some have to be. */
export function outOfRotation(page: Html, run: RunState, words: OutWords = AT_THE_END): Markup {
  if (MODES[run.mode].purpose === 'rehearsal') return NOTHING
  const out = run.outOfRotation
  const before = run.outBefore.map(({ host, obligation, run: id }) => ({
    host,
    obligation: `${obligation} (run ${id})`,
  }))
  const unknown = run.notKnownBefore.map(
    (fault) => page`<p class="warn">Not everything is known of earlier runs: ${fault}</p>\n`,
  )
  const told = run.verdicts.length > 1 && MODES[run.mode].purpose !== 'plan'
  return page`${block(page, words.own, out)}${
    out.length === 0 && told && words.isOver ? page`<p>${nothingIsOut(run)}</p>\n` : NOTHING
  }${block(page, words.before, before)}${unknown}`
}

function block(page: Html, title: string, items: readonly { host: string; obligation: string }[]): Markup {
  if (items.length === 0) return NOTHING
  const hosts = new Set(items.map(({ host }) => host)).size
  const each = obligationsOf(page, items).map(([what, who]) => page`<p>${what}: ${who}</p>\n`)
  return page`<section class="out"><b class="warn">${title}: ${counted(hosts)}</b>\n${each}</section>\n`
}

/** Shows what a person can do next. */
export function nextOf(page: Html, run: RunState): Markup {
  const ways = advice(run, run.outOfRotation.length > 0).map(({ what, command }) => {
    const how = command === undefined ? NOTHING : page`<pre>${command}</pre>\n`
    return page`<p>${what}</p>\n${how}`
  })
  return ways.length === 0 ? NOTHING : page`<section class="next"><h2>Next</h2>\n${ways}</section>\n`
}

/** Shows facts as a list. */
export function listOf(page: Html, facts: readonly Fact[]): Markup {
  const each = facts.map(([name, text]) => page`<dt>${name}</dt><dd>${text}</dd>\n`)
  return facts.length === 0 ? NOTHING : page`<dl>${each}</dl>\n`
}

/** Shows the variables of a feature, but for secrets. */
export function variablesOf(page: Html, run: RunState, uri: string): Markup {
  const variables = [...run.variablesIn(uri)]
  if (variables.length === 0) return NOTHING
  return page`<p class="muted">${variables.map(([name, value]) => `${name}=${value}`).join(', ')}</p>\n`
}
