import { hosts as counted } from '../../rollout/model/verdict'
import { formatDuration } from '../../system/duration'
import { EXIT } from '../../system/errors'
import { rehearsalSection } from './rehearsal_section'
import { MODES } from '../../run/modes'
import type { RunState } from '../../run/run_state'
import { headlineOf } from '../headline'
import { nothingIsOut, titleOf } from '../../run/outcome'
import { advice } from '../advice'
import { evidenceOf } from '../evidence'
import { html, Markup, NOTHING, type Html } from './markup'
import { matrixPicture, symbolsOf } from './matrix_picture'
import { factsOf, obligationsOf, remarksOf, type Fact } from './page_facts'
import { scenariosOf, timeOf } from './page_scenarios'
import { STYLE } from './page_style'
import { planSection } from './report_plan'

/** The meanings of the picture of lines and hosts where nothing was done. */
const WOULD_BE = { passed: 'would pass', diverged: 'would not' }

/**
 * Returns a run as one page of HTML that needs nothing else. First come the outcome, the hosts that are out of
 * rotation, and what to do next. Every line against every host follows, and every scenario with its lines. The page
 * comes in pieces: hosts times lines are never in one text.
 */
export function* pageOf(run: RunState): Iterable<string> {
  for (const { text } of sectionsOf(html, run)) yield text
}

function* sectionsOf(page: Html, run: RunState): Iterable<Markup> {
  const features = new Map(run.plan.map(({ uri, feature }) => [uri, feature ?? '']))
  const title = titleOf(run.exitCode, run.mode)
  const names = [...features].map(([uri, name]) => name || uri)
  yield page`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: ${names.slice(0, 3).join(', ')}</title>
<style>${new Markup(STYLE)}</style></head>
<body>
`
  yield headOf(page, run, title, names)
  yield outOfRotation(page, run)
  yield listOf(page, remarksOf(page, run))
  yield nextOf(page, run)
  yield listOf(page, factsOf(page, run))
  if (!MODES[run.mode].changes) yield planSection(page, run)
  if (run.rehearsals.length > 0) yield rehearsalSection(page, run.rehearsals)
  yield symbolsOf(page)
  for (const [uri, name] of features) {
    yield page`<h2>${name || uri} <span class="muted">${name === '' ? '' : uri}</span></h2>\n`
    yield variablesOf(page, run, uri)
    const matrix = evidenceOf(run, uri)
    if (matrix.hosts.length > 0) yield* matrixPicture(page, matrix, MODES[run.mode].changes ? {} : WOULD_BE)
    yield* scenariosOf(page, run, uri)
  }
  yield new Markup('</body></html>\n')
}

function headOf(page: Html, run: RunState, title: string, names: readonly string[]): Markup {
  const code = run.exitCode
  const tone = code === EXIT.passed ? 'good' : code === EXIT.passedWithFailures ? 'warn' : 'bad'
  const took = run.plan.reduce((sum, scenario) => sum + (run.scenarioRuns.of(scenario)?.took ?? 0), 0)
  const about = [
    `run ${run.id}`,
    run.mode,
    run.environment,
    ...(run.release === undefined ? [] : [`release ${run.release}`]),
    ...run.tickets,
    ...(run.resumes === undefined ? [] : [`resumes run ${run.resumes}`]),
    took > 0 ? `${timeOf(run.endedAt)}, in ${formatDuration(took)}` : timeOf(run.endedAt),
    `exit status ${code}`,
  ]
  return page`<header class="${tone}"><h1>${title}</h1>
${names.map((name) => page`<p class="feature">${name}</p>\n`)}<p>${headlineOf(run)}</p>
<p class="muted">${about.join(' · ')}</p></header>\n`
}

/** Shows the hosts that are out of the pool, of this run and of those before it. */
function outOfRotation(page: Html, run: RunState): Markup {
  if (MODES[run.mode].purpose === 'rehearsal')
    return page`<p>Nothing is real in a rehearsal: no host was spoken to.</p>\n`
  const out = run.outOfRotation
  const before = run.outBefore.map(({ host, obligation, run: id }) => ({
    host,
    obligation: `${obligation} (run ${id})`,
  }))
  const unknown = run.notKnownBefore.map(
    (fault) => page`<p class="warn">Not everything is known of earlier runs: ${fault}</p>\n`,
  )
  const told = run.verdicts.length > 1 && MODES[run.mode].purpose !== 'plan'
  return page`${block(page, 'Still out of rotation', out)}${
    out.length === 0 && told ? page`<p>${nothingIsOut(run)}</p>\n` : NOTHING
  }${block(page, 'Still out of rotation from earlier runs', before)}${unknown}`
}

function block(page: Html, title: string, items: readonly { host: string; obligation: string }[]): Markup {
  if (items.length === 0) return NOTHING
  const hosts = new Set(items.map(({ host }) => host)).size
  const each = obligationsOf(page, items).map(([what, who]) => page`<p>${what}: ${who}</p>\n`)
  return page`<section class="out"><b class="warn">${title}: ${counted(hosts)}</b>\n${each}</section>\n`
}

function nextOf(page: Html, run: RunState): Markup {
  const ways = advice(run, run.outOfRotation.length > 0).map(({ what, command }) => {
    const how = command === undefined ? NOTHING : page`<pre>${command}</pre>\n`
    return page`<p>${what}</p>\n${how}`
  })
  return ways.length === 0 ? NOTHING : page`<section><h2>Next</h2>\n${ways}</section>\n`
}

function listOf(page: Html, facts: readonly Fact[]): Markup {
  const each = facts.map(([name, text]) => page`<dt>${name}</dt><dd>${text}</dd>\n`)
  return facts.length === 0 ? NOTHING : page`<dl>${each}</dl>\n`
}

function variablesOf(page: Html, run: RunState, uri: string): Markup {
  const variables = [...run.variablesIn(uri)]
  if (variables.length === 0) return NOTHING
  return page`<p class="muted">${variables.map(([name, value]) => `${name}=${value}`).join(', ')}</p>\n`
}
