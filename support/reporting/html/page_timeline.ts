import { formatDuration } from '../../system/duration'
import type { TimedLine } from '../../run/line_times'
import type { PlannedScenario } from '../../run/run_parts'
import type { RunState } from '../../run/run_state'
import { keyOf } from '../../run/scenario_runs'
import { Markup, NOTHING, type Html } from './markup'
import { nameOf } from './page_scenarios'
import { scrollable } from './report_table'

/** The most scenarios whose lines are all open; with more, only those that did not pass are. */
const MAX_OPEN = 3
/** The most lines of a page; lines of later scenarios stand in run.json. */
const MAX_LINES = 1_000
/** The places of a strip, and the least of them that a mark takes. */
const STRIP = 600
const THINNEST = 4
const WORTH_TELLING_MS = 10

interface ToldScenario {
  scenario: PlannedScenario
  began: number
  took: number | undefined
  isWell: boolean
  lines: readonly ToldLine[]
}

interface ToldLine {
  line: number
  text: string
  took: number | undefined
  timed: TimedLine | undefined
}

/**
 * Shows when hosts answered: the waves one behind the other, and for each line the first answer, the median, the 95 %
 * and the last one.
 */
export function* timelineOf(page: Html, run: RunState, uri: string): Iterable<Markup> {
  const told = run.plan.filter((scenario) => scenario.uri === uri).flatMap((scenario) => tell(run, scenario))
  if (told.every(({ lines }) => lines.length === 0)) return
  yield page`<h3>When hosts answered</h3>\n<p class="muted">Each strip has a line from the first answer to the last, a box from the median to 95 %, and a mark at the last.</p>\n`
  if (told.length > 1) yield coursesOf(page, told)
  let room = MAX_LINES
  let left = 0
  for (const each of told) {
    room -= each.lines.length
    if (room < 0) left += 1
    else if (each.lines.length > 0) yield linesOf(page, each, told.length <= MAX_OPEN || !each.isWell)
  }
  if (left > 0) yield page`<p class="muted">… and ${left} more scenarios, in run.json</p>\n`
}

function tell(run: RunState, scenario: PlannedScenario): ToldScenario[] {
  const course = run.scenarioRuns.of(scenario)
  if (course === undefined) return []
  const courses = run.courses.get(keyOf(scenario))
  const lines = scenario.steps.flatMap(({ line, text }): ToldLine[] => {
    const [own, timed] = [courses?.get(line), run.lineTimes.of(scenario, line)]
    const took = own === undefined || own.status === 'SKIPPED' ? undefined : own.took
    return timed === undefined && (took ?? 0) < WORTH_TELLING_MS ? [] : [{ line, text, took, timed }]
  })
  const { began, took, outcome } = course
  return [{ scenario, began, took, isWell: outcome === 'passed' || outcome === 'skipped', lines }]
}

/** Draws the scenarios one behind the other, on one scale. */
function coursesOf(page: Html, told: readonly ToldScenario[]): Markup {
  const start = Math.min(...told.map(({ began }) => began))
  const end = Math.max(...told.map(({ began, took = 0 }) => began + took))
  const scale = STRIP / Math.max(1, end - start)
  const rows = told.slice(0, MAX_LINES).map(({ scenario, began, took, isWell }) => {
    const length = Math.max(THINNEST, (took ?? 0) * scale)
    const from = Math.min((began - start) * scale, STRIP - length)
    const words = `${took === undefined ? 'did not end' : formatDuration(took)}, from +${formatDuration(began - start)}`
    const block = page`<rect class="${isWell ? 'course' : 'course odd'}" x="${round(from)}" y="4" width="${round(length)}" height="12"/>`
    return page`<div class="row"><div>${nameOf(scenario)}<div class="tally">${words}</div></div>${strip(page, words, block)}</div>\n`
  })
  return page`<div class="courses">${rows}</div>\n`
}

function linesOf(page: Html, { scenario, took, lines }: ToldScenario, isOpen: boolean): Markup {
  const scale =
    STRIP / Math.max(1, ...lines.map((line) => Math.max(line.took ?? 0, line.timed?.times.last ?? 0)))
  const rows = lines.map((line) => rowOf(page, line, scale))
  const head = ['line', 'answered', 'first', 'median', '95 %', 'last', 'whole line'].map(
    (name) => page`<th scope="col">${name}</th>`,
  )
  const time = took === undefined ? 'did not end' : formatDuration(took)
  const body = scrollable(
    page,
    `When hosts answered: ${nameOf(scenario)}`,
    page`<table class="times"><thead><tr>${head}<td></td></tr></thead><tbody>${rows}</tbody></table>`,
  )
  return page`<details${isOpen ? new Markup(' open') : NOTHING}><summary>${nameOf(scenario)} <span class="muted">${time}</span></summary>\n${body}</details>\n`
}

function rowOf(page: Html, { line, text, took, timed }: ToldLine, scale: number): Markup {
  const whole = took === undefined ? '' : formatDuration(took)
  const name = page`<th scope="row"><span class="no">${line}</span> ${text}</th>`
  if (timed === undefined)
    return page`<tr>${name}<td></td><td></td><td></td><td></td><td></td><td>${whole}</td><td>${strip(page, whole, track(page, took, scale))}</td></tr>\n`
  const { requests, what, asked, times } = timed
  const { first, median, p95, last } = times
  const cells = [first, median, p95, last].map((ms) => page`<td>${formatDuration(ms)}</td>`)
  const of =
    requests > 1 ? page` <span class="muted">${what}, the slowest of ${requests} requests</span>` : NOTHING
  const words = `first ${formatDuration(first)}, median ${formatDuration(median)}, 95 % ${formatDuration(p95)}, last ${formatDuration(last)}`
  return page`<tr>${name}<td>${times.answered}/${asked}${of}</td>${cells}<td>${whole}</td><td>${strip(page, words, page`${track(page, took, scale)}${answersOf(page, timed, scale)}`)}</td></tr>\n`
}

/** Draws the moments of answers: a line from the first to the last, a box from the median to the 95 %. */
function answersOf(page: Html, { times: { first, median, p95, last } }: TimedLine, scale: number): Markup {
  const block = (name: string, from: number, to: number, height: number) => {
    const width = Math.max(THINNEST, (to - from) * scale)
    const x = Math.min(from * scale, STRIP - width)
    return page`<rect class="${name}" x="${round(x)}" y="${(20 - height) / 2}" width="${round(width)}" height="${height}"/>`
  }
  return page`${block('span', first, last, 4)}${block('most', median, p95, 12)}${block('late', last, last, 16)}`
}

function track(page: Html, took: number | undefined, scale: number): Markup {
  return page`<rect class="track" x="0" y="9" width="${round(Math.min(STRIP, (took ?? 0) * scale))}" height="2"/>`
}

function strip(page: Html, words: string, content: Markup): Markup {
  return page`<svg class="bar" role="img" aria-label="${words}" width="100%" height="20" viewBox="0 0 ${STRIP} 20" preserveAspectRatio="none">${content}</svg>`
}

function round(n: number): number {
  return Math.round(n * 10) / 10
}
