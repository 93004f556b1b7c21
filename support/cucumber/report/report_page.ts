import { readFileSync, statSync } from 'node:fs'
import { clean, cohorts, hosts as counted } from '../../rollout/verdict'
import { EXIT } from '../../system/errors'
import { evidenceOf } from './evidence'
import { inRanges } from '../screen/host_names'
import { byObligation } from '../screen/host_table'
import { matrixPicture } from './matrix_picture'
import { rehearsalSection } from '../rehearsal/report_section'
import { planSection } from './report_plan'
import { report, writeWhole } from './reports'
import type { Run } from '../run'
import { RESTORED, titleOf } from '../screen/outcome'

const REPORT = report('rollout.html')
/** What cucumber's report begins with. */
const BODY = /<body[^>]*>/

/**
 * Puts what matters on top of cucumber's HTML report: what came of the rollout, every line against every host, who is
 * held and what is next. Leaves alone a report that this run has not written, or that has no such place.
 */
export function completeReport(run: Run, began: number): void {
  try {
    if (statSync(REPORT).mtimeMs < began) return
    const page = readFileSync(REPORT, 'utf8')
    const body = BODY.exec(page)
    if (body === null) return
    const at = body.index + body[0].length
    writeWhole(REPORT, `${page.slice(0, at)}${run.scrub(overview(run))}${page.slice(at)}`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      process.stderr.write(`${REPORT} could not be completed: ${(error as Error).message}\n`)
  }
}

/** What the picture of lines and hosts means where nothing was done. */
const FORESEEN = { held: 'would hold', diverged: 'would not' }
const NOT_FOR_REAL = new Set(['plan', 'noop'])

function overview(run: Run): string {
  const held = run.exitCode === EXIT.held
  const pictures = [...new Set(run.plan.map(({ uri }) => uri))]
    .map((uri) => evidenceOf(uri))
    .filter(({ hosts }) => hosts.length > 0)
    .map((matrix) => matrixPicture(matrix, NOT_FOR_REAL.has(run.mode) ? FORESEEN : {}))
  const colour = held ? '#2e8b57' : run.exitCode === EXIT.withinBudget ? '#b97700' : '#c62828'
  return `<section style="font-family: system-ui, sans-serif; padding: 1rem; max-width: 1040px">
<h1 style="color: ${colour}; margin: 0">${titleOf(run.exitCode, run.mode)}</h1>
<p style="opacity: 0.7; margin: 0.2rem 0 1rem">run ${escaped(run.id)} · <b>${escaped(run.mode)}</b> · ${escaped(run.environment)}</p>
${run.refused === undefined ? '' : `<p>${escaped(run.refused.message)}</p>`}
${NOT_FOR_REAL.has(run.mode) ? planSection(run) : ''}
${run.rehearsals.length > 0 ? rehearsalSection(run.rehearsals) : ''}
${pictures.join('\n')}
<dl>${facts(run)
    .map(([name, text]) => `<dt><b>${escaped(name)}</b></dt><dd>${escaped(text)}</dd>`)
    .join('')}</dl>
</section>`
}

function facts(run: Run): [string, string][] {
  const held = run.held()
  const restored = run.restored()
  const notAttempted = run.exitCode === EXIT.held ? [] : run.notAttempted()
  const list = (hosts: readonly string[]) => `${counted(hosts.length)}: ${inRanges(hosts).join(', ')}`
  const failing = run.exitCode === EXIT.held ? [] : cohortsOf(run)
  return [
    ...failing,
    ...[...run.out()].map(([host, seen]): [string, string] => [
      'Failed within the budget',
      `${host}: ${clean(seen)}`,
    ]),
    ...run.undoneSteps.map(({ what, verdict }): [string, string] => [
      'On failure',
      `${what}, on ${verdict.observations.filter((each) => each.held).length} of ${counted(verdict.observations.length)}`,
    ]),
    ...(notAttempted.length === 0 ? [] : ([['Not attempted', list(notAttempted)]] as [string, string][])),
    ...(restored.length === 0 ? [] : ([[RESTORED, list(restored)]] as [string, string][])),
    ...[...byObligation(held)].map(([obligation, hosts]): [string, string] => [
      'Still out of rotation',
      `${obligation}: ${list(hosts)}`,
    ]),
    ...run.drift.map(({ host, what, since }): [string, string] => [
      'Drift',
      `${host} was done by run ${since}; ${what}`,
    ]),
    ...run.recoveries.map(({ path }): [string, string] => ['What is not done', path]),
  ]
}

/** Hosts of the line that the run stopped at, by what was seen of them. */
function cohortsOf(run: Run): [string, string][] {
  const { current, currentVerdict } = run
  if (currentVerdict === undefined) return []
  return cohorts(currentVerdict)
    .filter(({ held }) => !held)
    .map(({ seen, hosts }) => [
      `Diverged at line ${current.line}`,
      `${inRanges(hosts).join(', ')}: ${clean(seen)}`,
    ])
}

function escaped(text: string): string {
  return clean(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
