import { sizeOf, type ListedCohort } from '../../rollout/host_list'
import { hosts as counted, strayCohorts, type StrayCohort } from '../../rollout/verdict'
import { formatDuration } from '../../system/duration'
import type { LineCourse } from '../account'
import type { PlannedStep, Run, StepVerdict } from '../run'
import { linesOf, namesOf, NOTHING, type Html, type Markup } from './markup'

interface Mark {
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
const HELD: Mark = { sign: '✔', tone: 'good' }
const CLAIMED: Mark = { sign: '○', tone: 'muted' }
const TOLERATED: Mark = { sign: '!', tone: 'warn' }
const CHANGES: Mark = { sign: '→', tone: 'warn' }
const UNTOUCHED: Mark = { sign: '·', tone: 'muted' }

/** Kinds of answers that are shown of a line: those that did not hold, and those that held. */
const ODD_KINDS_AT_MOST = 500
const HELD_KINDS_AT_MOST = 20
const NAMES_AT_MOST = 500
/** Names of hosts that are well. */
const HELD_NAMES_AT_MOST = 6
/** A fleet that is well is named once, in the picture, and only counted for every line. */
const HELD_NAMED_AT_MOST = 60
const ROWS_AT_MOST = 50
const NOT_BEGUN = new Set<string | undefined>([undefined, 'SKIPPED', 'UNKNOWN'])
const WORTH_TELLING_MS = 10

/** A line of a scenario: what was asked, what came of it, how long it took, and what was seen of which hosts. */
export function stepOf(page: Html, run: Run, { mark, step, verdicts, faults, took = 0 }: ToldStep): Markup {
  const tally = verdicts.map(({ verdict }) => tallyOf(verdict)).join(', ')
  const time = took < WORTH_TELLING_MS || mark === UNTOUCHED ? '' : formatDuration(took)
  const aside = [tally, time].filter(Boolean).join(' · ')
  const document = step.document === undefined ? NOTHING : linesOf(page, run.scrub, step.document)
  const seen = verdicts.map(({ verdict }) => seenOf(page, run, verdict))
  const why = faults.map((message) => linesOf(page, run.scrub, message))
  return page`<li>${signOf(page, mark)}<span><span class="no">${step.line}</span> ${step.keyword ?? ''} ${step.text}</span><span class="took">${aside}</span>${tableOf(page, step)}${document}${seen}${why}</li>\n`
}

function tableOf(page: Html, { table = [] }: PlannedStep): Markup {
  if (table.length === 0) return NOTHING
  const rows = table
    .slice(0, ROWS_AT_MOST)
    .map((row) => page`<tr>${row.map((text) => page`<td>${text}</td>`)}</tr>`)
  const more = table.length > ROWS_AT_MOST ? `… and ${table.length - ROWS_AT_MOST} more rows` : ''
  return page`<div class="wide"><table>${rows}</table>${more}</div>`
}

/** What was seen of the hosts of a line. */
function seenOf(page: Html, run: Run, verdict: StepVerdict['verdict']): Markup {
  const odd = verdict.cohorts.filter(({ held }) => !held)
  const held = verdict.cohorts.filter((cohort) => cohort.held)
  const left = [...odd.slice(ODD_KINDS_AT_MOST), ...held.slice(HELD_KINDS_AT_MOST)]
  const shown = [...odd.slice(0, ODD_KINDS_AT_MOST), ...held.slice(0, HELD_KINDS_AT_MOST)]
  const strays = strayCohorts(verdict)
  return page`${shown.map((cohort) => cohortOf(page, run, cohort))}${
    left.length === 0
      ? NOTHING
      : page`<div class="seen muted">… and ${left.length} other answers, of ${counted(sizeOf(left))}, in run.json</div>`
  }${strays.slice(0, ROWS_AT_MOST).map((stray) => strayOf(page, stray))}${
    strays.length <= ROWS_AT_MOST
      ? NOTHING
      : page`<div class="seen muted">… and ${strays.length - ROWS_AT_MOST} other kinds of unexpected messages, in run.json</div>`
  }`
}

function cohortOf(page: Html, run: Run, cohort: ListedCohort): Markup {
  const { held, seen, kind, hosts } = cohort
  const size = sizeOf([cohort])
  const names = () => hosts.flatMap(([first, last]) => run.hosts.names.slice(first, last + 1))
  const who =
    held && size > HELD_NAMED_AT_MOST
      ? counted(size)
      : namesOf(page, names(), held ? HELD_NAMES_AT_MOST : NAMES_AT_MOST)
  const what = kind === 'silent' && !held ? page`silent, ` : NOTHING
  return page`<div class="seen ${held ? 'muted' : 'bad'}">${what}${seen}: ${who}</div>`
}

function strayOf(page: Html, { detail, fails, hosts }: StrayCohort): Markup {
  const [tone, what] = fails ? ['bad', 'unexpected'] : ['muted', 'noted']
  return page`<div class="seen ${tone}">${what}: ${namesOf(page, hosts, NAMES_AT_MOST)} ${detail}</div>`
}

/** A line is well only where nothing at all says otherwise: its verdicts, what cucumber says of it, and the run. */
export function markOf(
  verdicts: readonly StepVerdict[],
  faults: readonly string[],
  course: LineCourse | undefined,
): Mark {
  const isWhole = verdicts.every(({ verdict }) => verdict.tolerated === true || isHeld(verdict))
  const status = course?.status
  if (faults.length > 0 || !isWhole) return FAILED
  if (!NOT_BEGUN.has(status) && status !== 'PASSED') return FAILED
  if (verdicts.some(({ verdict }) => verdict.tolerated === true)) return TOLERATED
  const cohorts = verdicts.flatMap(({ verdict }) => verdict.cohorts)
  if (cohorts.some(({ kind }) => kind === 'claimed')) return CLAIMED
  if (cohorts.some(({ planned }) => planned?.changes === true)) return CHANGES
  return status === 'PASSED' || verdicts.length > 0 ? HELD : UNTOUCHED
}

/** The mark of a scenario, by those of its lines. */
export function worstOf(steps: readonly ToldStep[]): Mark {
  const marks = new Set(steps.map(({ mark }) => mark))
  return [FAILED, TOLERATED, UNTOUCHED, CHANGES].find((mark) => marks.has(mark)) ?? HELD
}

export function signOf(page: Html, { sign, tone }: Mark): Markup {
  return page`<span class="${tone}">${sign}</span>`
}

function isHeld({ cohorts, strays }: StepVerdict['verdict']): boolean {
  return cohorts.length > 0 && cohorts.every(({ held }) => held) && strays.every(({ fails }) => !fails)
}

function tallyOf({ cohorts, out = [] }: StepVerdict['verdict']): string {
  const gone = out.length === 0 ? '' : `, ${out.length} out`
  return `${sizeOf(cohorts.filter(({ held }) => held))}/${counted(sizeOf(cohorts))}${gone}`
}
