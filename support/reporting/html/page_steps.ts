import { sizeOf, type ListedCohort } from '../../rollout/model/host_list'
import { hosts as counted, groupUnexpected, type UnexpectedCohort } from '../../rollout/model/verdict'
import { formatDuration } from '../../system/duration'
import type { LineCourse } from '../../run/account'
import type { RunState } from '../../run/run_state'
import type { StepVerdict, PlannedStep } from '../../run/run_parts'
import { linesOf, namesOf, NOTHING, type Html, type Markup } from './markup'

export interface Mark {
  sign: string
  tone: 'good' | 'bad' | 'warn' | 'muted'
}

/** A line with everything that is known of it. */
export interface ToldStep {
  mark: Mark
  step: PlannedStep
  verdicts: readonly StepVerdict[]
  faults: readonly string[]
  took: number | undefined
}

export const FAILED: Mark = { sign: '✘', tone: 'bad' }
/** The mark of what is under way. */
export const UNDER_WAY: Mark = { sign: '…', tone: 'warn' }
/** The mark of what was begun and did not end. */
export const CUT_OFF: Mark = { sign: '?', tone: 'bad' }
const PASSED: Mark = { sign: '✔', tone: 'good' }
const DONE_BEFORE: Mark = { sign: '○', tone: 'muted' }
const TOLERATED: Mark = { sign: '!', tone: 'warn' }
const CHANGES: Mark = { sign: '→', tone: 'warn' }
const UNTOUCHED: Mark = { sign: '·', tone: 'muted' }

/** The most kinds of failed answers that are shown of a line; `MAX_PASSED_KINDS` is the most of passed ones. */
const MAX_ODD_KINDS = 500
const MAX_PASSED_KINDS = 20
const MAX_NAMES = 500
/** The most names of hosts that are well. */
const MAX_PASSED_NAMES = 6
/**
 * The most hosts of one cohort whose names are shown where all is well. A larger fleet that is well is named once, in
 * the picture, and only counted for every line.
 */
const MAX_PASSED_NAMED = 60
const MAX_ROWS = 50
const NOT_BEGUN = new Set<string | undefined>([undefined, 'SKIPPED', 'UNKNOWN'])
const WORTH_TELLING_MS = 10

/** Shows a line of a scenario: what was asked, its outcome, how long it took, and what was seen of which hosts. */
export function stepOf(
  page: Html,
  run: RunState,
  { mark, step, verdicts, faults, took = 0 }: ToldStep,
): Markup {
  const tally = verdicts.map(({ verdict }) => tallyOf(verdict)).join(', ')
  const time = took < WORTH_TELLING_MS || mark === UNTOUCHED ? '' : formatDuration(took)
  const unknown = mark === CUT_OFF ? 'no outcome is known' : mark === UNDER_WAY ? 'under way' : ''
  const aside = [tally, time, unknown].filter(Boolean).join(' · ')
  const document = step.document === undefined ? NOTHING : linesOf(page, step.document)
  const seen = verdicts.map(({ verdict }) => formatSeen(page, run, verdict))
  const why = faults.map((message) => linesOf(page, message))
  return page`<li>${signOf(page, mark)}<span><span class="no">${step.line}</span> ${step.keyword ?? ''} ${step.text}</span><span class="took">${aside}</span>${tableOf(page, step)}${document}${seen}${why}</li>\n`
}

function tableOf(page: Html, { table = [] }: PlannedStep): Markup {
  if (table.length === 0) return NOTHING
  const rows = table
    .slice(0, MAX_ROWS)
    .map((row) => page`<tr>${row.map((text) => page`<td>${text}</td>`)}</tr>`)
  const more = table.length > MAX_ROWS ? `… and ${table.length - MAX_ROWS} more rows` : ''
  return page`<div class="wide"><table>${rows}</table>${more}</div>`
}

/** Shows what was seen of the hosts of a line. */
function formatSeen(page: Html, run: RunState, verdict: StepVerdict['verdict']): Markup {
  const odd = verdict.cohorts.filter(({ passed }) => !passed)
  const passed = verdict.cohorts.filter((cohort) => cohort.passed)
  const left = [...odd.slice(MAX_ODD_KINDS), ...passed.slice(MAX_PASSED_KINDS)]
  const shown = [...odd.slice(0, MAX_ODD_KINDS), ...passed.slice(0, MAX_PASSED_KINDS)]
  const unexpected = groupUnexpected(verdict)
  return page`${shown.map((cohort) => cohortOf(page, run, cohort))}${
    left.length === 0
      ? NOTHING
      : page`<div class="seen muted">… and ${left.length} other answers, of ${counted(sizeOf(left))}, in run.json</div>`
  }${unexpected.slice(0, MAX_ROWS).map((message) => formatUnexpected(page, message))}${
    unexpected.length <= MAX_ROWS
      ? NOTHING
      : page`<div class="seen muted">… and ${unexpected.length - MAX_ROWS} other kinds of unexpected messages, in run.json</div>`
  }`
}

function cohortOf(page: Html, run: RunState, cohort: ListedCohort): Markup {
  const { passed, seen, kind, hosts } = cohort
  const size = sizeOf([cohort])
  const names = () => hosts.flatMap(([first, last]) => run.hosts.names.slice(first, last + 1))
  const who =
    passed && size > MAX_PASSED_NAMED
      ? counted(size)
      : namesOf(page, names(), passed ? MAX_PASSED_NAMES : MAX_NAMES)
  const what = kind === 'silent' && !passed ? page`silent, ` : NOTHING
  return page`<div class="seen ${passed ? 'muted' : 'bad'}">${what}${seen}: ${who}</div>`
}

function formatUnexpected(page: Html, { detail, fails, hosts }: UnexpectedCohort): Markup {
  const [tone, what] = fails ? ['bad', 'unexpected'] : ['muted', 'noted']
  return page`<div class="seen ${tone}">${what}: ${namesOf(page, hosts, MAX_NAMES)} ${detail}</div>`
}

/**
 * Returns the mark of a line. It has passed only where its verdicts, cucumber's status of it, and the run all agree.
 */
export function markOf(
  verdicts: readonly StepVerdict[],
  faults: readonly string[],
  scenarioRun: LineCourse | undefined,
): Mark {
  const isWhole = verdicts.every(({ verdict }) => verdict.tolerated === true || isPassed(verdict))
  const status = scenarioRun?.status
  if (faults.length > 0 || !isWhole) return FAILED
  if (!NOT_BEGUN.has(status) && status !== 'PASSED') return FAILED
  if (verdicts.some(({ verdict }) => verdict.tolerated === true)) return TOLERATED
  const cohorts = verdicts.flatMap(({ verdict }) => verdict.cohorts)
  if (cohorts.some(({ kind }) => kind === 'done before')) return DONE_BEFORE
  if (cohorts.some(({ planned }) => planned?.changes === true)) return CHANGES
  return status === 'PASSED' || verdicts.length > 0 ? PASSED : UNTOUCHED
}

/** Returns the mark of a scenario, by those of its lines. */
export function worstOf(steps: readonly ToldStep[]): Mark {
  const marks = new Set(steps.map(({ mark }) => mark))
  return [FAILED, CUT_OFF, UNDER_WAY, TOLERATED, UNTOUCHED, CHANGES].find((mark) => marks.has(mark)) ?? PASSED
}

export function signOf(page: Html, { sign, tone }: Mark): Markup {
  return page`<span class="${tone}">${sign}</span>`
}

function isPassed({ cohorts, unexpected }: StepVerdict['verdict']): boolean {
  return (
    cohorts.length > 0 && cohorts.every(({ passed }) => passed) && unexpected.every(({ fails }) => !fails)
  )
}

function tallyOf({ cohorts, out = [] }: StepVerdict['verdict']): string {
  const gone = out.length === 0 ? '' : `, ${out.length} out`
  return `${sizeOf(cohorts.filter(({ passed }) => passed))}/${counted(sizeOf(cohorts))}${gone}`
}
