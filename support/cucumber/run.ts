import { randomBytes } from 'node:crypto'
import type { LintFinding } from '../lint/lint'
import { EXIT, exitCodeFor, LockstepError } from '../system/errors'
import type { Filling } from './preflight/filling'
import type { ReadParameters } from './preflight/run_variables'
import type { HostOutOfRotation } from '../rollout/out_of_rotation'
import type { OpenObligation } from '../rollout/ledger'
import type { Audience } from '../rollout/ports'
import type { Drift } from '../record/record'
import type { HostTruth, Rehearsed } from './rehearsal/endings'
import type { FaultTable } from './rehearsal/faults'
import { HostList, type ListedVerdict } from '../rollout/host_list'
import { hasPassed, type Verdict } from '../rollout/verdict'
import { Account, describeOmission, type Omission } from './account'
import { Courses, keyOf, type ScenarioKey } from './courses'

/** A line of a feature, in one of the scenarios that it belongs to. */
export interface Line extends ScenarioKey {
  line: number
  text: string
}

/** A step's verdict with the line it belongs to. */
export interface StepVerdict extends Line {
  /** Whether it was for real: `live`, `noop`, `plan`. */
  mode: string
  verdict: ListedVerdict
}

/** A step that failed although its verdict does not say so, or has none: a team's own, for instance. */
export interface Fault extends Line {
  message: string
}

/** What there is to say of a line before anything is run. An error is why nothing is. */
export interface Remark {
  uri: string
  line: number
  severity: 'error' | 'warning'
  message: string
}

/** What was done after a failure, and what came of it. */
export interface UndoneStep {
  what: string
  verdict: ListedVerdict
}

/** A line that is to be run. No secret is in its text, its table or its document. */
export interface PlannedStep {
  line: number
  text: string
  expression?: string | undefined
  values: readonly { type: string; value: string }[]
  /** Such as `Given `. */
  keyword?: string
  table?: readonly (readonly string[])[] | undefined
  document?: string | undefined
}

/** A scenario that is to be run, as its feature has it; `unit` is its line, or that of its row in the table of examples. */
export interface PlannedScenario extends ScenarioKey {
  /** The name of its feature. */
  feature?: string
  name: string
  steps: readonly PlannedStep[]
  /** The size of its wave, if it takes one. */
  wave: string | undefined
  tags: readonly string[]
}

/** A host of a rollout, and the wave that it belongs to. */
export interface PlacedHost {
  host: string
  wave: string | undefined
}

/** A feature with the hosts that a run has not brought to the end of one of its features. */
export interface Recovery {
  /** The feature that was run. */
  uri: string
  path: string
  /** How many hosts it is for. */
  hosts: number
  /** Whether a resumed run can bring them to the end: not those that failed within the budget, nor what is not told twice. */
  isResumable: boolean
  /** Whether its waves leave as many hosts in service as it wants to. */
  hasRoom: boolean
}

/** How a run was begun: what stood behind `cucumber-js`, and its environment variables. */
export interface Invocation {
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
}

const MAX_NOTES = 10
/** Of what was seen of a host, in characters: screens and reports show less of it. */
const MAX_SEEN = 4_000

/**
 * The one run of this process: what the plugin, the hooks and the formatter have to know of each other. Unaware of how
 * a rollout is carried out.
 */
export class Run implements Audience {
  readonly id = runId(new Date())
  mode = 'embedded'
  environment = 'embedded fleet'
  /** The same, where it is not the one that a run has without asking. */
  chosen: string | undefined
  journal: string | undefined
  warnings: readonly string[] = []
  /** The run that it goes on from. */
  resumes: string | undefined
  outBefore: readonly HostOutOfRotation[] = []
  /** Why more may be out than `outBefore` names: journals that do not tell everything. */
  notKnownBefore: readonly string[] = []
  readonly verdicts: StepVerdict[] = []
  /** The hosts that verdicts are about; they know them by their places in it. */
  readonly hosts = new HostList((seen) => this.shorten(seen))
  readonly faults: Fault[] = []
  /** Hooks of a team that failed, each as a sentence. */
  readonly hookFaults: string[] = []
  readonly undoneSteps: UndoneStep[] = []
  readonly remarks: Remark[] = []
  readonly courses = new Courses()
  readonly account = new Account((nodes) => this.lineOf(nodes), {
    concluded: (scenario, line) => this.concluded.has(`${keyOf(scenario)} ${line}`),
    reached: (scenario, line) => this.reached.has(`${keyOf(scenario)} ${line}`),
  })
  /** The first line that should have been carried out and was not, though nothing failed. */
  omission: Omission | undefined
  readonly plan: PlannedScenario[] = []
  /** Scenarios of a feature that are about hosts and that it was told not to run. */
  leftOut: (uri: string) => readonly string[] = () => []
  /** What the linter has to say of the features; only the profile `ci` asks it. */
  readonly findings: LintFinding[] = []
  /** What a person should know and what decides nothing; the first few of them. */
  readonly notes: string[] = []
  readonly stopping = new AbortController()
  /** Asked at the end: what is out of rotation, host by host. */
  outOfRotation: () => readonly OpenObligation[] = () => []
  /** Who failed within the failure budget, and what was seen then. */
  out: () => ReadonlyMap<string, string> = () => new Map()
  /** The hosts of a feature in the order of their waves. */
  hostsOf: (uri: string) => readonly PlacedHost[] = () => []
  /** Hosts that no step was tried on, since an earlier wave had failed. */
  notAttempted: () => readonly string[] = () => []
  /** Hosts that were told to go back to the version they had, and are not done. */
  restored: () => readonly string[] = () => []
  /** Features that go on from here, once they are written: one for each feature of which some hosts are not done. */
  readonly recoveries: Recovery[] = []
  invocation: Invocation = { args: [], env: {} }
  /** Which release it is for, once that is known. */
  release: () => string | undefined = () => undefined
  tickets: readonly string[] = []
  /** Hosts that it changed although they had been reported as done. */
  drift: readonly Drift[] = []
  /** How hosts really were when a rehearsal was over. */
  truth: readonly HostTruth[] = []
  readonly rehearsals: Rehearsed[] = []
  readonly faultTables: FaultTable[] = []
  /** What was planned, where nothing but a plan was wanted. */
  planned: { id: string; path: string; changes: number; hosts: number } | undefined
  /** Hides what must not be shown; known once the configuration is read. */
  scrub: (text: string) => string = (text) => text
  /** What `<name>` stands for in its features, and for which run it was asked. */
  filling: { of: Filling; parameters: ReadParameters } | undefined
  /** The line being run. */
  current: Line = { uri: '', unit: '', line: 0, text: '' }
  /** What it has come to so far; a step that only says something has none. */
  currentVerdict: Verdict | undefined
  /** The features as cucumber has read them. */
  readonly sources = new Map<string, string>()
  /** Lines of steps by their node in the feature's syntax tree. */
  readonly lines = new Map<string, number>()
  onProgress: (done: number, expected: number | undefined) => void = () => {}
  /** Something takes its time that is no step. */
  onWaiting: (text: string) => void = () => {}
  onUndone: (step: UndoneStep) => void = () => {}
  onActivated: (release: string) => void = () => {}
  /** Writes into the journal that the process ends in mid-run; at once, since nothing can be waited for any more. */
  cutOff: () => void = () => {}
  /** The run is over although cucumber will not say so. */
  onCutOff: () => void = () => {}
  private refusal: LockstepError | undefined
  private failed = false
  private readonly begun = new Set<string>()
  private readonly concluded = new Set<string>()
  private readonly reached = new Set<string>()

  progress(done: number, expected: number | undefined): void {
    this.onProgress(done, expected)
  }

  begin(step: Line): void {
    this.current = step
    this.begun.add(`${step.uri}:${step.line}`)
    this.currentVerdict = undefined
  }

  note(text: string): void {
    if (this.notes.length < MAX_NOTES) this.notes.push(text)
  }

  verdict(verdict: Verdict): void {
    this.currentVerdict = verdict
    this.concluded.add(`${keyOf(this.current)} ${this.current.line}`)
    this.verdicts.push({ mode: this.mode, ...this.current, verdict: this.hosts.list(verdict) })
    if (verdict.planned === true && verdict.tolerated !== true && !hasPassed(verdict)) this.fail()
  }

  /** The sentence of a line that is to be run, where it has one. */
  expressionOf({ uri, unit, line }: Line): string | undefined {
    const scenario = this.plan.find((planned) => planned.uri === uri && planned.unit === unit)
    return scenario?.steps.find((step) => step.line === line)?.expression
  }

  /** The code of the line has come to its rollout: something was said or asked by it. */
  reach(): void {
    this.reached.add(`${keyOf(this.current)} ${this.current.line}`)
  }

  /** The variables that a feature uses, but for secrets. */
  variablesIn(uri: string): ReadonlyMap<string, string> {
    return this.filling?.of.plainIn(uri) ?? new Map()
  }

  /** The line failed, and what it has come to does not say so. */
  fault(message: string): void {
    this.faults.push({ ...this.current, message })
  }

  /** A line was not carried out, and nothing that failed says so. */
  omit(omission: Omission): void {
    const { uri, unit, line, text } = omission
    this.omission ??= omission
    this.faults.push({ uri, unit, line, text, message: describeOmission(omission) })
    this.fail()
  }

  /** A hook of the team failed: whatever the hosts say, the run has not passed. */
  hookFailed(sentence: string): void {
    this.hookFaults.push(sentence)
    this.fail()
  }

  /** The lines of a feature that were begun. */
  begunLines(uri: string): ReadonlySet<number> {
    const own = [...this.begun].filter((key) => key.startsWith(`${uri}:`))
    return new Set(own.map((key) => Number(key.slice(uri.length + 1))))
  }

  /** Whether all scenarios of a feature passed; one in which nobody was left for its wave is skipped. */
  hasPassed(uri: string): boolean {
    return this.plan
      .filter((scenario) => scenario.uri === uri)
      .every((scenario) => {
        const outcome = this.courses.of(scenario)?.outcome
        return outcome === 'passed' || (outcome === 'skipped' && scenario.wave !== undefined)
      })
  }

  /** Whether something has kept it from going on. */
  get hasStopped(): boolean {
    return this.failed || this.refusal !== undefined || this.stopping.signal.aborted
  }

  /** Safe mode is over. */
  activated(release: string): void {
    this.mode = 'live'
    this.onActivated(release)
  }

  undone(what: string, verdict: Verdict): void {
    const step = { what, verdict: this.hosts.list(verdict) }
    this.undoneSteps.push(step)
    this.onUndone(step)
  }

  lineOf(astNodeIds: readonly string[]): number {
    return this.lines.get(astNodeIds[0] ?? '') ?? 0
  }

  /** Why the run could not be, or not go on; the first reason stays. */
  refuse(reason: LockstepError): void {
    this.refusal ??= reason
  }

  get refused(): LockstepError | undefined {
    return this.refusal
  }

  fail(): void {
    this.failed = true
  }

  /** What is kept of what was seen. A text is cut short only once no secret is in it any more. */
  private shorten(seen: string): string {
    if (seen.length <= MAX_SEEN) return seen
    const cut = `${this.scrub(seen).slice(0, MAX_SEEN)}… (${seen.length} characters)`
    // A part of a text keeps all of it in memory, unless it is written anew.
    return Buffer.from(cut).toString()
  }

  get exitCode(): number {
    if (this.refusal !== undefined) return exitCodeFor(this.refusal.code)
    if (this.stopping.signal.aborted) return EXIT.interrupted
    if (this.failed) return EXIT.failed
    return this.out().size > 0 ? EXIT.passedWithFailures : EXIT.passed
  }
}

export const run = new Run()

function runId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${stamp}-${randomBytes(2).toString('hex')}`
}
