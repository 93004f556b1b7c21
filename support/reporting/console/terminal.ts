import { createColors } from 'picocolors'
import { foldHosts } from '../../rollout/model/fold_hosts'
import { nameHosts } from '../../rollout/model/name_hosts'
import {
  clean,
  cohorts,
  count,
  formatFailed,
  hasPassed,
  hosts as counted,
  groupUnexpected,
  type Cohort,
  type Verdict,
} from '../../rollout/model/verdict'
import type { Clock } from '../../system/clock'
import { columnsOf, padColumns } from '../../system/columns'
import { formatSeconds } from '../../system/duration'
import type { Wait } from '../../system/wait'
import { isColoured, isLively } from './colour'
import { LineWriter } from './line_writer'
import { openSheet, type Paper } from './sheet'
import { WaitingLine } from './waiting_line'
import { readSetting } from '../../config/settings'
import { describeAll } from '../all_hosts'
import type { RunEvent } from '../../run/events'
import { describeLimited } from '../../run/limited'
import { MODES, type Mode } from '../../run/modes'
import type { Run } from '../../run/run'
import { wouldFail, type RunState } from '../../run/run_state'
import type { Line, PlannedStep, UndoneStep } from '../../run/run_parts'
import { keyOf, type ScenarioKey } from '../../run/scenario_runs'
import { Summary } from './summary'

/** The paper that a run is shown on. */
export interface RunPaper extends Paper {
  /** The clock by which the screen is drawn again while something is waited for. */
  clock: Clock
}

const TAKES_WAVE = /^I take /
const NAMES_HOSTS = /discover|^I take /
/** The columns of most lines' seconds, such as `  12.5 s`. */
const SECONDS_COLUMNS = 8
/** Milliseconds from which the seconds of a line without hosts are shown. */
const MIN_SHOWN_MS = 50

type LineEnd = Extract<RunEvent, { type: 'line ended' }>

/** The number of lines that names of hosts take up under a step or a cohort. */
const MAX_LINES = 2
/** The number of cohorts under one step that failed, or passed; the others are counted. */
const MAX_COHORTS = 6
const MAX_COHORTS_OF_FEW = 12
const MAX_PASSED_COHORTS = 3
/** The hosts up to which every observation is said whole, and the cohorts up to which it always is. */
const FEW_HOSTS = 50
const FEW_COHORTS = 2
/** The number of kinds of unexpected messages under one step. */
const MAX_UNEXPECTED = 3
/** The number of names or ranges in one sentence. */
const MAX_NAMES = 3

/** The most columns that lines are set in: longer ones are hard to read. */
const MAX_COLUMNS = 100

/** Shows a run as it goes on, by its events, without secrets. Returns a function that ends it. */
export function showOn(paper: RunPaper, run: Run): () => void {
  const { stream, env } = paper
  const redact = (text: string) => run.redact(text)
  const sheet = openSheet(paper, redact)
  const width = () => Math.min(stream.columns ?? 80, MAX_COLUMNS)
  const namesAll = readSetting(env, 'LOCKSTEP_HOSTS') === 'all'
  const writer = new LineWriter(sheet.print, width, redact, namesAll)
  const paint = createColors(isColoured(isLively(stream, env), env))
  // A log has its own width; on a terminal no line is wider than that is.
  const stays = (text: string) => (stream.isTTY === true ? writer.wrapped(text, 8, plain) : writer.line(text))
  const waiting = new WaitingLine(
    { ...sheet, line: stays, dim: paint.dim },
    paper.clock,
    'the next line',
    () => formatWave(run.state.wavePlace),
  )
  const screen = new Screen(run, writer, paint, waiting)
  const redraw = () => waiting.show()
  stream.on('resize', redraw)
  run.stream.listen((event) => screen.hear(event))
  waiting.start()
  return () => {
    stream.off('resize', redraw)
    waiting.stop()
    sheet.close()
  }
}

/**
 * Shows a run to a person: the current line, how many hosts are through, and cohorts where something is wrong. At the
 * end it shows the verdict, what is still out of rotation, and what to do next. Without a terminal it shows as much,
 * with less colour.
 */
export class Screen {
  private readonly summary: Summary
  private headed = false
  private lastScenario = ''
  private isLineUnderWay = false
  private readonly seenBackground = new Set<string>()
  /** The features whose roll call is named. */
  private readonly namedRollCalls = new Set<string>()
  private repeated = 0
  private scenarioBegun = false
  private toldUntouched = false
  private toldHookFaults = 0
  /** True where a hook of the line that is under way has failed. */
  private hasHookFailed = false

  constructor(
    private readonly live: { readonly state: RunState },
    private readonly writer: LineWriter,
    private readonly paint: ReturnType<typeof createColors>,
    private readonly waiting: WaitingLine,
  ) {
    this.summary = new Summary(live, writer, paint)
  }

  private get run(): RunState {
    return this.live.state
  }

  /** Shows an event of the run. */
  hear(event: RunEvent): void {
    switch (event.type) {
      case 'waiting':
        return this.beginWait(event.wait)
      case 'waited':
        return this.endWait(event.wait)
      case 'activated':
        return this.activated(event.release)
      case 'line':
        return this.beginLine(event)
      case 'line ended':
        return this.endLine(event)
      case 'hook failed':
        return this.hookFailed()
      case 'undone':
        for (const step of this.run.undoneSteps.slice(-1)) this.undone(step)
        return undefined
      case 'note':
        // The summary of a run that has ended is written already.
        return this.run.ended === undefined ? undefined : this.summary.note(event.text)
      case 'ended':
        return this.end()
      default:
        return undefined
    }
  }

  private beginWait(wait: Wait): void {
    this.waiting.beginWait(wait)
    // What is left to do once the outcome is shown, such as to send notifications, is shown below it.
    if (this.run.ended !== undefined) this.waiting.start()
  }

  private endWait(wait: Wait): void {
    this.waiting.endWait(wait)
    if (this.run.ended !== undefined) this.waiting.stop()
  }

  private end(): void {
    this.waiting.stop()
    this.hookFaults()
    this.writer.line('')
    this.summary.end()
  }

  /** Writes the name of a scenario with its first line; the run that it is of is known only after its hooks. */
  private nameScenario(scenario: ScenarioKey): void {
    if (this.run.refused !== undefined) return
    this.head(scenario.uri)
    const key = keyOf(scenario)
    if (this.lastScenario === key) return
    this.lastScenario = key
    this.scenarioBegun = false
    this.toldUntouched = false
    const { name = '' } = this.run.scenarioOf(scenario) ?? {}
    this.writer.line(`\n  ${this.paint.bold(clean(name))}`)
  }

  private head(uri: string): void {
    if (this.headed) return
    this.headed = true
    const { feature = '' } = this.run.plan.find((scenario) => scenario.uri === uri) ?? {}
    this.writer.line(this.paint.bold(clean(feature || uri)))
    this.writer.line(this.paint.dim(`${this.run.mode} · ${this.run.environment} · run ${this.run.id}`))
    if (this.run.resumes !== undefined)
      this.writer.line(
        this.paint.dim(
          `resumes run ${this.run.resumes}: ○ is done, says its journal, and a later line proves it`,
        ),
      )
    const limited = describeLimited(this.run)
    if (limited !== undefined) this.writer.wrapped(`  ${limited}`, 4, (line) => this.paint.yellow(line))
    for (const warning of this.run.warnings) this.writer.line(this.paint.yellow(`  warning: ${warning}`))
    this.summary.leftBefore()
  }

  /** Tells that a release is activated: lines above said that nothing is changed, which is so no longer. */
  private activated(release: string): void {
    const said = `  release ${clean(release)} is activated: what the lines say is done from here on`
    this.writer.wrapped(said, 4, (line) => this.paint.yellow(line))
  }

  private beginLine(line: Line): void {
    this.isLineUnderWay = true
    this.nameScenario(line)
    if (this.run.refused !== undefined) return
    const text = this.textOf(this.run.stepOf(line), line.text)
    this.waiting.beginLine(`    ${this.paint.cyan('…')} ${text}`, text)
  }

  private endLine(line: LineEnd): void {
    const { status, message } = line
    const step = this.run.stepOf(line)
    const hasHookFailed = this.hasHookFailed
    this.isLineUnderWay = false
    this.hasHookFailed = false
    this.waiting.endLine()
    this.nameScenario(line)
    if (this.run.refused !== undefined && status === 'SKIPPED') return undefined
    if (this.isUntouched(status)) return undefined
    const verdict = status === 'SKIPPED' ? undefined : this.run.currentVerdict
    if (this.isRepeated(line, step, verdict)) return undefined
    this.tellRepeated()
    const mark = this.markOf(status, verdict)
    const text = this.textOf(step, this.run.current.text)
    this.writer.lineWith(
      `    ${mark} ${status === 'SKIPPED' ? this.paint.dim(text) : text}`,
      columnsOf(text) + 6,
      ...this.asidesOf(line, step, verdict),
    )
    if (verdict !== undefined && tellsMore(verdict)) this.divergence(verdict)
    else if (verdict !== undefined && NAMES_HOSTS.test(step?.text ?? '')) this.rollCall(line.uri, verdict)
    if (hasHookFailed) return this.hookFaults()
    // The fault is of the line itself if all hosts passed.
    for (const row of status === 'SKIPPED' ? [] : (message?.split('\n') ?? []))
      this.writer.wrapped(`        ${row}`, 8, (text) => this.paint.red(text))
  }

  /** Names the hosts of a roll call once, and those of a wave as far as there are fewer. */
  private rollCall(uri: string, { observations }: Verdict): void {
    const hosts = observations.map(({ host }) => host)
    const all = describeAll(this.run, hosts, uri)
    const isNamed = this.namedRollCalls.has(uri)
    if (all !== undefined && isNamed) return this.writer.line(`        ${all}`)
    if (all !== undefined) this.namedRollCalls.add(uri)
    this.writer.hosts('        ', hosts, 1)
  }

  /** Returns what stands at the right of a line: its hosts and its seconds, in a long form and in a short one. */
  private asidesOf(
    { took, status }: LineEnd,
    step: PlannedStep | undefined,
    verdict: Verdict | undefined,
  ): string[] {
    if (status === 'SKIPPED') return []
    const isShown = verdict !== undefined || took >= MIN_SHOWN_MS
    const seconds = isShown ? this.paint.dim(formatSeconds(took).padStart(SECONDS_COLUMNS)) : ''
    if (verdict === undefined) return [seconds]
    const wave = TAKES_WAVE.test(step?.text ?? '') ? formatWave(this.run.wavePlace) : ''
    const hosts = tally(this.run.mode, verdict)
    return [`${wave}${hosts}${seconds}`, `${wave}${hosts.replace(/ hosts\b/, '')}${seconds}`]
  }

  /** Writes the fault of a hook; behind its line, where it belongs to one. */
  private hookFailed(): void {
    if (this.isLineUnderWay) this.hasHookFailed = true
    else this.hookFaults()
  }

  private textOf(step: PlannedStep | undefined, otherwise: string): string {
    return `${step?.keyword ?? ''}${clean(step?.text ?? otherwise)}`
  }

  /** Writes what the team's own hooks have come to, as far as it was not written yet. */
  private hookFaults(): void {
    for (const fault of this.run.hookFaults.slice(this.toldHookFaults))
      this.writer.wrapped(`    ${this.paint.red('✘')} ${fault}`, 8, plain)
    this.toldHookFaults = this.run.hookFaults.length
  }

  /** Returns whether a scenario has no begun line so far; such a scenario is told in one line. */
  private isUntouched(status: string): boolean {
    if (status !== 'SKIPPED') this.scenarioBegun = true
    if (this.scenarioBegun) return false
    if (!this.toldUntouched) this.writer.line(this.paint.dim('    - not attempted'))
    this.toldUntouched = true
    return true
  }

  /** Returns whether a line of the Background passes again in a later scenario; such a line is only counted. */
  private isRepeated(
    { uri, line, status }: LineEnd,
    step: PlannedStep | undefined,
    verdict: Verdict | undefined,
  ): boolean {
    if (step?.isBackground !== true || status !== 'PASSED') return false
    const key = `${uri}:${line}`
    const again = this.seenBackground.has(key)
    this.seenBackground.add(key)
    if (!again || (verdict !== undefined && tellsMore(verdict))) return false
    this.repeated += 1
    return true
  }

  private tellRepeated(): void {
    if (this.repeated > 0)
      this.writer.line(this.paint.dim(`    ✔ the Background again: ${this.repeated} lines`))
    this.repeated = 0
  }

  private markOf(status: string, verdict: Verdict | undefined): string {
    if (status === 'SKIPPED') return this.paint.dim('-')
    if (status !== 'PASSED' || wouldFail(verdict)) return this.paint.red('✘')
    if (verdict?.observations.some(({ kind }) => kind === 'done before') === true) return this.paint.dim('○')
    if (verdict?.tolerated === true) return this.paint.yellow('!')
    if (verdict?.observations.some(({ planned }) => planned?.changes === true) === true)
      return this.paint.yellow('→')
    return this.paint.green('✔')
  }

  private undone({ what, verdict }: UndoneStep): void {
    const mark = hasPassed(verdict) ? this.paint.green('✔') : this.paint.red('✘')
    const text = `on failure: ${clean(what)}`
    this.writer.lineWith(`    ${mark} ${text}`, columnsOf(text) + 6, tally(this.run.mode, verdict))
    if (!hasPassed(verdict)) this.divergence(verdict)
  }

  private divergence(verdict: Verdict): void {
    const counts = count(verdict)
    if (counts.diverged + counts.silent > 0)
      this.writer.line(
        this.paint.red(
          `        ${formatFailed(counts)}${verdict.tolerated === true ? ', and may: they are out from here on' : ''}`,
        ),
      )
    this.cohorts(verdict)
    this.unexpected(verdict)
  }

  private cohorts(verdict: Verdict): void {
    const groups = cohorts(verdict)
    const isPlan = verdict.observations.some(({ kind }) => kind === 'planned')
    const width = Math.min(28, Math.max(0, ...groups.map(({ seen }) => columnsOf(clean(seen)))))
    const labelOf = (seen: string) => `          ${padColumns(clean(seen), width)}  `
    const passed = groups.filter((each) => each.passed)
    const shown = this.first(passed, isPlan ? MAX_COHORTS : MAX_PASSED_COHORTS)
    for (const { seen, hosts } of shown)
      if (isPlan) this.names(labelOf(seen), hosts)
      else
        this.writer.line(`${labelOf(seen)}${hosts.length === 1 ? (hosts[0] ?? '') : counted(hosts.length)}`)
    this.others(passed.slice(shown.length), 'passed')
    const failed = groups.filter((each) => !each.passed)
    const areFew = verdict.observations.length <= FEW_HOSTS
    const worst = this.first(failed, areFew ? MAX_COHORTS_OF_FEW : MAX_COHORTS)
    const isMany = failed.length > FEW_COHORTS && !areFew && !this.writer.namesAll
    for (const { seen, hosts } of worst) {
      const label = isMany ? this.writer.cut(labelOf(seen)) : labelOf(seen)
      this.names(label, hosts, isMany ? 1 : MAX_LINES, this.paint.red)
    }
    this.others(failed.slice(worst.length), 'failed', this.paint.red)
  }

  /** Counts the hosts of cohorts that are not shown. */
  private others(cohorts: readonly Cohort[], what: string, paint: (text: string) => string = plain): void {
    if (cohorts.length === 0) return
    this.writer.hasCut = true
    const n = cohorts.reduce((sum, { hosts }) => sum + hosts.length, 0)
    const ways = cohorts.length === 1 ? 'in another way' : `in ${cohorts.length} other ways`
    this.writer.line(`          ${paint(`… and ${counted(n)} more that ${what} ${ways}`)}`)
  }

  private unexpected(verdict: Verdict): void {
    const groups = groupUnexpected(verdict).sort((a, b) => Number(b.fails) - Number(a.fails))
    const shown = this.first(groups, MAX_UNEXPECTED)
    for (const { detail, fails, hosts } of shown) {
      const who = this.writer.namesAll ? foldHosts(hosts).join(', ') : nameHosts(hosts, MAX_NAMES)
      if (who.endsWith(' more')) this.writer.hasCut = true
      const text = `          ${fails ? 'unexpected' : 'noted'}: ${who} ${clean(detail)}`
      this.writer.wrapped(text, 12, fails ? this.paint.red : this.paint.dim)
    }
    const rest = groups.slice(shown.length)
    if (rest.length === 0) return
    this.writer.hasCut = true
    const isFailing = rest.some(({ fails }) => fails)
    const n = new Set(rest.flatMap(({ hosts }) => hosts)).size
    const text = `          … and ${rest.length} other kinds of unexpected messages, from ${counted(n)}`
    this.writer.line(isFailing ? this.paint.red(text) : this.paint.dim(text))
  }

  private first<T>(list: readonly T[], most: number): readonly T[] {
    return this.writer.namesAll ? list : list.slice(0, most)
  }

  private names(
    label: string,
    hosts: readonly string[],
    most = MAX_LINES,
    paint: (text: string) => string = plain,
  ): void {
    const all = describeAll(this.run, hosts, this.run.current.uri)
    if (all === undefined) this.writer.hosts(label, hosts, most, paint)
    else this.writer.line(`${label}${paint(all)}`)
  }
}

/** Returns whether a verdict has more to tell than how many hosts passed. */
function tellsMore(verdict: Verdict): boolean {
  return (
    !hasPassed(verdict) ||
    verdict.unexpected.length > 0 ||
    verdict.observations.some(({ kind }) => kind === 'planned')
  )
}

function tally(mode: Mode, verdict: Verdict): string {
  const passed = verdict.observations.filter(({ passed: did }) => did).length
  const out = verdict.out?.length ?? 0
  const only = MODES[mode].changes ? '' : `${mode} `
  return `${only}${passed}/${verdict.observations.length} hosts${out === 0 ? '' : `, ${out} out`}`
}

/** Returns the place of a wave, such as `wave 3 of 4 · `; empty where none moves. */
function formatWave(place: RunState['wavePlace']): string {
  if (place === undefined) return ''
  return `wave ${place.number}${place.of === undefined ? '' : ` of ${place.of}`} · `
}

function plain(text: string): string {
  return text
}
