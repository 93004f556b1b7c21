import { html, type Html, type Markup } from '../../reporting/html/markup'
import { legendOf, orderOf, symbolsOf } from '../../reporting/html/matrix_picture'
import { factsOf, remarksOf } from '../../reporting/html/page_facts'
import { GOING_ON, scenarioPiecesOf } from '../../reporting/html/page_scenarios'
import { stopsOf } from '../../reporting/html/page_stop'
import { timelineOf } from '../../reporting/html/page_timeline'
import { planSection } from '../../reporting/html/report_plan'
import { NOTHING } from '../../reporting/html/markup'
import { listOf, nextOf, outOfRotation, variablesOf, WOULD_BE } from '../../reporting/html/report_page'
import type { Cell } from '../../reporting/matrix'
import { MODES } from '../../run/modes'
import type { RunView } from './followed_run'
import { actsOf, gateOf, pathOf } from './rollout_acts'
import { MatrixRows } from './matrix_rows'
import { headOf } from './rollout_head'

/** A part of the page of a rollout: it is shown anew as a whole, and no other part with it. */
export interface Part {
  /** The name of the part on its page; it has letters, digits and hyphens alone. */
  key: string
  content: Markup
}

/** The most scenarios that are shown each with its lines; the report has them all. */
const MAX_SCENARIOS = 200

/**
 * Shows a rollout part by part, in the order of its report: the outcome, the hosts that it failed on, what to do next,
 * every line against every host, and every scenario with its lines. The same view makes the same parts. `rows` has those
 * of the view before.
 */
export function* partsOf(view: RunView, rows = new MatrixRows()): Iterable<Part> {
  for (const part of allOf(html, view, rows)) if (part.content.text !== '') yield part
}

function* allOf(page: Html, view: RunView, rows: MatrixRows): Iterable<Part> {
  const { state, course } = view
  yield { key: 'head', content: headOf(page, view) }
  if (course === 'broken') return
  yield { key: 'gate', content: gateOf(page, view) }
  yield { key: 'acts', content: actsOf(page, view) }
  yield { key: 'stops', content: stopsOf(page, state) }
  yield { key: 'remarks', content: listOf(page, remarksOf(page, state)) }
  const isJudged = course !== 'under way' && course !== 'unknown'
  if (isJudged) yield { key: 'next', content: nextOf(page, state) }
  yield { key: 'out', content: outOf(page, view, isJudged) }
  yield { key: 'facts', content: listOf(page, factsOf(page, state)) }
  if (!MODES[state.mode].changes) yield { key: 'plan', content: planSection(page, state) }
  yield { key: 'symbols', content: symbolsOf(page) }
  const features = [...new Map(state.plan.map(({ uri, feature }) => [uri, feature ?? '']))]
  for (const [index, [uri, name]] of features.entries())
    yield* featureOf(page, view, { uri, name, key: `f${index}`, isJudged, rows })
}

/** Shows who was out of rotation. Other runs may have put them back since, which the page Now knows. */
function outOf(page: Html, { state }: RunView, isJudged: boolean): Markup {
  const out = outOfRotation(page, state, {
    own: isJudged ? 'Out of rotation when it ended' : 'Out of rotation now',
    before: 'Out of rotation by earlier runs, when it began',
    isOver: isJudged,
  })
  const isAny = state.outOfRotation.length + state.outBefore.length > 0
  if (!isJudged || !isAny) return out
  const back =
    MODES[state.mode].journals === MODES.live.journals
      ? page`<a class="act" href="${pathOf(state.id)}/put-back">Put back…</a> `
      : NOTHING
  return page`${out}<p>${back}Who is out of rotation now: <a href="/">Now</a></p>\n`
}

interface ShownFeature {
  uri: string
  name: string
  key: string
  isJudged: boolean
  rows: MatrixRows
}

function* featureOf(page: Html, view: RunView, feature: ShownFeature): Iterable<Part> {
  const { state } = view
  const { uri, name, key, isJudged, rows } = feature
  const title = page`<h2>${name || uri} <span class="muted">${name === '' ? '' : uri}</span></h2>\n`
  yield { key: `${key}-title`, content: page`${title}${variablesOf(page, state, uri)}` }
  const hosts = state.hostsOf(uri)
  if (hosts.length > 0) {
    const words: Partial<Record<Cell, string>> = {
      ...(MODES[state.mode].changes ? {} : WOULD_BE),
      ...(isJudged ? {} : { blank: 'to come' }),
    }
    yield { key: `${key}-hosts`, content: orderOf(page, hosts) }
    const used = new Set<Cell>()
    const now = isJudged || state.current.uri !== uri ? undefined : state.current.line
    let place = 0
    for (const { line, row } of rows.of(page, state, { uri, hosts, words, used, isJudged })) {
      // Steps that were done after a failure have no line of their own.
      const own = line === 0 ? `${key}-undone-${place++}` : `${key}-line-${line}`
      yield { key: own, content: line === now ? page`<div class="now">${row}</div>` : row }
    }
    yield { key: `${key}-legend`, content: legendOf(page, used, words) }
  }
  if (isJudged) yield { key: `${key}-times`, content: page`${[...timelineOf(page, state, uri)]}` }
  yield { key: `${key}-lines`, content: page`<h3>Every line, and what was seen</h3>\n` }
  yield* scenariosIn(page, view, feature)
}

function* scenariosIn(page: Html, { state }: RunView, { uri, key, isJudged }: ShownFeature): Iterable<Part> {
  let place = 0
  const words = isJudged ? undefined : GOING_ON
  for (const { pieces } of scenarioPiecesOf(page, state, uri, words)) {
    if (place === MAX_SCENARIOS) break
    yield { key: `${key}-scenario-${place++}`, content: page`${[...pieces]}` }
  }
  const all = state.plan.filter((scenario) => scenario.uri === uri).length
  if (all > MAX_SCENARIOS)
    yield {
      key: `${key}-more`,
      content: page`<p class="muted">… and ${all - MAX_SCENARIOS} more scenarios, in the report</p>\n`,
    }
}
