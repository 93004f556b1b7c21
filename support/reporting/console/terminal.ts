import type { Envelope, Pickle, TestCase } from '@cucumber/messages'
import { createColors } from 'picocolors'
import {
  clean,
  cohorts,
  count,
  formatFailed,
  hasPassed,
  hosts as counted,
  mayGoOn,
  unexpectedCohorts,
  type Verdict,
} from '../../rollout/model/verdict'
import { columnsOf, padColumns } from '../../system/columns'
import { inRanges } from '../../run/host_names'
import { isColoured } from './colour'
import { LineWriter } from './line_writer'
import type { RunEvent } from '../../run/events'
import { MODES, type Mode } from '../../run/modes'
import type { Run } from '../../run/run'
import type { RunState } from '../../run/run_state'
import { type UndoneStep } from '../../run/run_parts'
import { Summary, type StoppedAt } from './summary'
import { isGithub, withoutCommands } from '../ci/workflow_commands'

/** The paper that a run is shown on. */
export interface Paper {
  stream: NodeJS.WritableStream & { isTTY?: boolean; columns?: number }
  write: (text: string) => void
  env: Readonly<Record<string, string | undefined>>
}

interface ShownStep {
  /** The line's node in the feature's syntax tree. */
  node: string
  keyword: string
  text: string
}

/** The number of lines that host names take up under one step before the rest is only counted. */
const MAX_LINES = 12
/** The number of host names in one sentence. */
const MAX_NAMES = 10

/** Returns the screen of a run. `redact` hides what secrets lines of cucumber's own might have. */
export function screenOf(run: Run, { stream, write, env }: Paper): Screen {
  const lively = stream.isTTY === true && env['CI'] === undefined
  const inLog = isGithub(env) ? withoutCommands : plain
  const redact = (text: string) => run.redact(text)
  const say = (text: string) => write(inLog(redact(text)))
  const writer = new LineWriter(say, Math.min(stream.columns ?? 80, 100), lively, redact)
  return new Screen(run, writer, createColors(isColoured(lively, env)))
}

/**
 * Shows a run to a person: the current line, how many hosts are through, and cohorts where something is wrong. At the
 * end it shows the verdict, what is still out of rotation, and what to do next. Without a terminal it shows as much,
 * with less colour.
 */
class Screen {
  private readonly pickles = new Map<string, Pickle>()
  private readonly keywords = new Map<string, string>()
  private readonly testCases = new Map<string, { testCase: TestCase; pickle: Pickle }>()
  private readonly running = new Map<string, string>()
  private readonly summary: Summary
  private headed = false
  private steps = 0
  private stoppedAt: StoppedAt | undefined
  private readonly featureNames = new Map<string, string>()
  private lastScenario = ''
  private begunScenario: Pickle | undefined
  private readonly background = new Set<string>()
  private readonly seenBackground = new Set<string>()
  private repeated = 0
  private scenarioBegun = false
  private toldUntouched = false
  private toldHookFaults = 0

  constructor(
    private readonly live: Run,
    private readonly writer: LineWriter,
    private readonly paint: ReturnType<typeof createColors>,
  ) {
    this.summary = new Summary(live, writer, paint)
    live.stream.listen((event) => this.told(event))
  }

  private get run(): RunState {
    return this.live.state
  }

  /** Shows an event of the run, as far as cucumber does not tell of it. */
  private told(event: RunEvent): void {
    if (event.type === 'progress') {
      const { done, expected } = event
      this.writer.progress(expected === undefined ? counted(done) : `${done}/${expected} hosts`)
    }
    if (event.type === 'waiting') this.writer.begin(this.paint.dim(`  … ${event.text}`))
    if (event.type === 'activated') this.activated(event.release)
    if (event.type === 'undone') for (const step of this.run.undoneSteps.slice(-1)) this.undone(step)
    if (event.type === 'ended') this.end()
  }

  hear(envelope: Envelope): void {
    const { gherkinDocument, pickle, testCase, testCaseStarted, testStepStarted, testStepFinished } = envelope
    if (gherkinDocument?.feature !== undefined) {
      this.featureNames.set(gherkinDocument.uri ?? '', gherkinDocument.feature.name)
      for (const child of gherkinDocument.feature.children.flatMap((each) => [
        each,
        ...(each.rule?.children ?? []),
      ])) {
        for (const step of [...(child.background?.steps ?? []), ...(child.scenario?.steps ?? [])])
          this.keywords.set(step.id, step.keyword)
        for (const { id } of child.background?.steps ?? []) this.background.add(id)
      }
    }
    if (pickle !== undefined) this.pickles.set(pickle.id, pickle)
    const known = testCase === undefined ? undefined : this.pickles.get(testCase.pickleId)
    if (testCase !== undefined && known !== undefined)
      this.testCases.set(testCase.id, { testCase, pickle: known })
    if (testCaseStarted !== undefined) this.beginScenario(testCaseStarted.id, testCaseStarted.testCaseId)
    if (testStepStarted !== undefined)
      this.beginStep(testStepStarted.testCaseStartedId, testStepStarted.testStepId)
    if (testStepFinished !== undefined) {
      const { status, message } = testStepFinished.testStepResult
      this.endStep(testStepFinished.testCaseStartedId, testStepFinished.testStepId, status, message)
    }
  }

  private end(): void {
    this.writer.settle()
    this.hookFaults()
    this.writer.line('')
    this.summary.end(this.steps, this.stoppedAt)
  }

  private beginScenario(id: string, testCaseId: string): void {
    this.running.set(id, testCaseId)
    this.begunScenario = this.testCases.get(testCaseId)?.pickle
  }

  /** Writes the name of a scenario with its first line; the run that it is of is known only after its hooks. */
  private nameScenario(): void {
    const scenario = this.begunScenario
    if (scenario === undefined || this.run.refused !== undefined) return
    this.head(scenario.uri)
    if (this.lastScenario === scenario.id) return
    this.lastScenario = scenario.id
    this.scenarioBegun = false
    this.toldUntouched = false
    this.writer.line(`\n  ${this.paint.bold(clean(scenario.name))}`)
  }

  private head(uri: string): void {
    if (this.headed) return
    this.headed = true
    this.writer.line(this.paint.bold(clean(this.featureNames.get(uri) ?? uri)))
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

  private beginStep(id: string, testStepId: string): void {
    const step = this.step(id, testStepId)
    if (step !== undefined) this.nameScenario()
    if (step !== undefined && this.run.refused === undefined)
      this.writer.begin(`    ${this.paint.cyan('…')} ${step.keyword}${step.text}`)
  }

  private endStep(id: string, testStepId: string, status: string, message: string | undefined): void {
    const step = this.step(id, testStepId)
    if (step === undefined) this.hookFaults()
    if (step === undefined || (this.run.refused !== undefined && status === 'SKIPPED'))
      return this.writer.settle()
    if (this.isUntouched(status)) return this.writer.settle()
    const verdict = status === 'SKIPPED' ? undefined : this.run.currentVerdict
    this.steps += status === 'PASSED' ? 1 : 0
    if (this.isRepeated(step, status, verdict)) return this.writer.settle()
    this.tellRepeated()
    const mark = this.markOf(status, verdict)
    const text = `${step.keyword}${step.text}`
    this.writer.end(
      `    ${mark} ${status === 'SKIPPED' ? this.paint.dim(text) : text}`,
      columnsOf(text) + 6,
      verdict === undefined ? '' : tally(this.run.mode, verdict),
    )
    if (verdict !== undefined && tellsMore(verdict)) this.divergence(verdict)
    else if (verdict !== undefined && /discover|^I take /.test(step.text))
      this.names(
        '        ',
        verdict.observations.map(({ host }) => host),
      )
    if ((status === 'PASSED' && !wouldFail(verdict)) || status === 'SKIPPED') return
    if (this.run.hookFaults.length > this.toldHookFaults) this.hookFaults()
    // Where all hosts passed, the fault is of the step itself.
    else if ((verdict === undefined || mayGoOn(verdict)) && message !== undefined)
      for (const line of message.split('\n'))
        this.writer.wrapped(`        ${line}`, 8, (row) => this.paint.red(row))
    this.stoppedAt ??= { text: text.trim(), uri: this.run.current.uri, line: this.run.current.line }
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
  private isRepeated(step: ShownStep, status: string, verdict: Verdict | undefined): boolean {
    if (!this.background.has(step.node) || status !== 'PASSED') return false
    const again = this.seenBackground.has(step.node)
    this.seenBackground.add(step.node)
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
    for (const { detail, fails, hosts } of unexpectedCohorts(verdict)) {
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

  private step(id: string, testStepId: string): ShownStep | undefined {
    const found = this.testCases.get(this.running.get(id) ?? '')
    const pickleStepId = found?.testCase.testSteps.find(
      (testStep) => testStep.id === testStepId,
    )?.pickleStepId
    const pickleStep = found?.pickle.steps.find((step) => step.id === pickleStepId)
    if (pickleStep === undefined) return undefined
    const node = pickleStep.astNodeIds[0] ?? ''
    return { node, keyword: this.keywords.get(node) ?? '', text: clean(pickleStep.text) }
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

/** Returns whether a line would fail, and lets the plan go on. */
function wouldFail(verdict: Verdict | undefined): boolean {
  return verdict?.planned === true && verdict.tolerated !== true && !hasPassed(verdict)
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
