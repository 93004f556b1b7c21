import { createColors } from 'picocolors'
import {
  clean,
  cohorts,
  count,
  formatFailed,
  hasPassed,
  hosts as counted,
  groupUnexpected,
  type Verdict,
} from '../../rollout/model/verdict'
import { columnsOf, padColumns } from '../../system/columns'
import { inRanges } from '../../run/host_names'
import { isColoured } from './colour'
import { LineWriter } from './line_writer'
import type { RunEvent } from '../../run/events'
import { MODES, type Mode } from '../../run/modes'
import type { Run } from '../../run/run'
import { wouldFail, type RunState } from '../../run/run_state'
import type { Line, PlannedStep, UndoneStep } from '../../run/run_parts'
import { keyOf, type ScenarioKey } from '../../run/scenario_runs'
import { Summary } from './summary'
import { isGithub, withoutCommands } from '../ci/workflow_commands'

/** The paper that a run is shown on. */
export interface Paper {
  stream: NodeJS.WritableStream & { isTTY?: boolean; columns?: number }
  write: (text: string) => void
  env: Readonly<Record<string, string | undefined>>
}

type LineEnd = Extract<RunEvent, { type: 'line ended' }>

/** The number of lines that host names take up under one step before the rest is only counted. */
const MAX_LINES = 12
/** The number of host names in one sentence. */
const MAX_NAMES = 10

/** Shows a run as it goes on, by its events. Secrets are hidden in whatever is shown. */
export function showOn({ stream, write, env }: Paper, run: Run): void {
  const lively = stream.isTTY === true && env['CI'] === undefined
  const inLog = isGithub(env) ? withoutCommands : plain
  const redact = (text: string) => run.redact(text)
  const say = (text: string) => write(inLog(redact(text)))
  const writer = new LineWriter(say, Math.min(stream.columns ?? 80, 100), lively, redact)
  const screen = new Screen(run, writer, createColors(isColoured(lively, env)))
  run.stream.listen((event) => screen.hear(event))
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
  ) {
    this.summary = new Summary(live, writer, paint)
  }

  private get run(): RunState {
    return this.live.state
  }

  /** Shows an event of the run. */
  hear(event: RunEvent): void {
    switch (event.type) {
      case 'progress': {
        const { done, expected } = event
        return this.writer.progress(expected === undefined ? counted(done) : `${done}/${expected} hosts`)
      }
      case 'waiting':
        return this.writer.begin(this.paint.dim(`  … ${event.text}`))
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
      case 'ended':
        return this.end()
      default:
        return undefined
    }
  }

  private end(): void {
    this.writer.settle()
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
    if (this.run.refused === undefined)
      this.writer.begin(`    ${this.paint.cyan('…')} ${this.textOf(this.run.stepOf(line), line.text)}`)
  }

  private endLine(line: LineEnd): void {
    const { status, message } = line
    const step = this.run.stepOf(line)
    const hasHookFailed = this.hasHookFailed
    this.isLineUnderWay = false
    this.hasHookFailed = false
    this.nameScenario(line)
    if (this.run.refused !== undefined && status === 'SKIPPED') return this.writer.settle()
    if (this.isUntouched(status)) return this.writer.settle()
    const verdict = status === 'SKIPPED' ? undefined : this.run.currentVerdict
    if (this.isRepeated(line, step, verdict)) return this.writer.settle()
    this.tellRepeated()
    const mark = this.markOf(status, verdict)
    const text = this.textOf(step, this.run.current.text)
    this.writer.end(
      `    ${mark} ${status === 'SKIPPED' ? this.paint.dim(text) : text}`,
      columnsOf(text) + 6,
      verdict === undefined ? '' : tally(this.run.mode, verdict),
    )
    if (verdict !== undefined && tellsMore(verdict)) this.divergence(verdict)
    else if (verdict !== undefined && /discover|^I take /.test(step?.text ?? ''))
      this.names(
        '        ',
        verdict.observations.map(({ host }) => host),
      )
    if (hasHookFailed) return this.hookFaults()
    // The fault is of the line itself if all hosts passed.
    for (const row of status === 'SKIPPED' ? [] : (message?.split('\n') ?? []))
      this.writer.wrapped(`        ${row}`, 8, (text) => this.paint.red(text))
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
    this.writer.end(`    ${mark} ${text}`, columnsOf(text) + 6, tally(this.run.mode, verdict))
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
    const groups = cohorts(verdict)
    const isPlan = verdict.observations.some(({ kind }) => kind === 'planned')
    const width = Math.min(28, Math.max(0, ...groups.map(({ seen }) => columnsOf(clean(seen)))))
    for (const { seen, passed, hosts } of groups) {
      const label = `          ${padColumns(clean(seen), width)}  `
      if (passed && isPlan) this.names(label, hosts)
      else if (passed)
        this.writer.line(`${label}${hosts.length === 1 ? (hosts[0] ?? '') : counted(hosts.length)}`)
      else this.names(label, hosts, (text) => this.paint.red(text))
    }
    for (const { detail, fails, hosts } of groupUnexpected(verdict)) {
      const who = inRanges(hosts).slice(0, MAX_NAMES).join(', ')
      const more = hosts.length > MAX_NAMES ? ` (${counted(hosts.length)})` : ''
      const text = `          ${fails ? 'unexpected' : 'noted'}: ${who}${more} ${clean(detail)}`
      this.writer.wrapped(text, 12, fails ? (line) => this.paint.red(line) : (line) => this.paint.dim(line))
    }
  }

  private names(
    label: string,
    hosts: readonly string[],
    paint: (text: string) => string = (text) => text,
  ): void {
    this.writer.list(label, inRanges(hosts), MAX_LINES, paint)
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

function plain(text: string): string {
  return text
}
