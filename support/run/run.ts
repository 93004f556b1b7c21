import { randomBytes } from 'node:crypto'
import type { LintFinding } from '../lint/finding'
import { EXIT, exitCodeFor, LockstepError } from '../system/errors'
import type { SubstitutedValues } from './substituted_values'
import type { Mode } from './modes'
import type { RunParameters } from './parameters'
import type { HostOutOfRotation } from '../rollout/model/out_of_rotation'
import type { OpenObligation } from '../rollout/model/ledger'
import type { Audience } from '../rollout/ports'
import type { HostTruth, Rehearsed } from './rehearsed'
import type { FaultTable } from './rehearsed'
import { HostList, type ListedVerdict } from '../rollout/model/host_list'
import { hasPassed, type Verdict } from '../rollout/model/verdict'
import { Account, describeOmission, type Omission } from './account'
import { ScenarioRuns, keyOf, type ScenarioKey } from './scenario_runs'

/** A line of a feature, in one of the scenarios that it belongs to. */
export interface Line extends ScenarioKey {
  line: number
  text: string
}

/** A step's verdict with the line it belongs to. */
export interface StepVerdict extends Line {
  /** The mode in which the step ran, such as `live`, `noop` or `plan`; it says whether the step was for real. */
  mode: Mode
  verdict: ListedVerdict
}

/** A step that failed although its verdict does not say so, or has none, such as a team's own step. */
export interface Fault extends Line {
  message: string
}

/** A remark on a line before anything is run; an error keeps the run from beginning. */
export interface Remark {
  uri: string
  line: number
  severity: 'error' | 'warning'
  message: string
}

/** A step that was done after a failure, and its verdict. */
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
  /** The keyword as written, such as `Given `. */
  keyword?: string
  /** True for a When, and for an And that goes on from one. */
  isAction?: boolean
  table?: readonly (readonly string[])[] | undefined
  document?: string | undefined
}

/** A scenario that is to be run, as its feature has it. The `scenarioId` is its line, or the line of its row of examples. */
export interface PlannedScenario extends ScenarioKey {
  /** The name of the scenario's feature. */
  feature?: string
  name: string
  steps: readonly PlannedStep[]
  /** The size of the scenario's wave; undefined where it takes none. */
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
  /** The path of the feature that was run. */
  uri: string
  path: string
  /** The number of hosts that the recovery feature is for. */
  hosts: number
  /**
   * True when a resumed run can bring the hosts to the end. It is false where hosts failed within the budget, or where
   * something is not told twice.
   */
  isResumable: boolean
  /** True when the waves of the recovery feature leave as many hosts in service as it wants to. */
  hasRoom: boolean
}

/** The way in which a run was begun: the arguments behind `cucumber-js`, and its environment variables. */
export interface Invocation {
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
}

const MAX_NOTES = 10
/** Characters that are kept of what was seen of a host; screens and reports show less of it. */
const MAX_SEEN = 4_000

/**
 * The one run of this process: what the plugin, the hooks and the formatter have to know of each other. The run is
 * unaware of how a rollout is carried out.
 */
export class Run implements Audience {
  readonly id = runId(new Date())
  mode: Mode = 'embedded'
  environment = 'embedded fleet'
  /** The name of the environment that was asked for; undefined where the run takes the one it has without asking. */
  chosen: string | undefined
  journal: string | undefined
  warnings: readonly string[] = []
  /** The id of the run that this one goes on from. */
  resumes: string | undefined
  outBefore: readonly HostOutOfRotation[] = []
  /** The reasons why more hosts may be out than `outBefore` names: journals that do not tell everything. */
  notKnownBefore: readonly string[] = []
  readonly verdicts: StepVerdict[] = []
  /** The hosts that verdicts are about; a verdict knows each host by its place in this list. */
  readonly hosts = new HostList((seen) => this.shorten(seen))
  readonly faults: Fault[] = []
  /** The hooks of a team that failed, each as a sentence. */
  readonly hookFaults: string[] = []
  readonly undoneSteps: UndoneStep[] = []
  readonly remarks: Remark[] = []
  readonly scenarioRuns = new ScenarioRuns()
  readonly account = new Account((nodes) => this.lineOf(nodes), {
    concluded: (scenario, line) => this.concluded.has(`${keyOf(scenario)} ${line}`),
    reached: (scenario, line) => this.reached.has(`${keyOf(scenario)} ${line}`),
  })
  /** The first line that should have been carried out and was not, though nothing failed. */
  omission: Omission | undefined
  readonly plan: PlannedScenario[] = []
  /** Returns the names of a feature's scenarios that are about hosts and were left out of the run. */
  leftOut: (uri: string) => readonly string[] = () => []
  /** The findings of the linter in the features; only the profiles `lint` and `ci` ask the linter. */
  readonly findings: LintFinding[] = []
  /** The first few notes: what a person should know and what decides nothing. */
  readonly notes: string[] = []
  readonly stopping = new AbortController()
  /** Returns what is out of rotation, host by host, when asked at the end. */
  outOfRotation: () => readonly OpenObligation[] = () => []
  /** Returns the hosts that failed within the failure budget, each with what was seen then. */
  out: () => ReadonlyMap<string, string> = () => new Map()
  /** Returns the hosts of a feature in the order of their waves. */
  hostsOf: (uri: string) => readonly PlacedHost[] = () => []
  /** Returns the hosts on which no step was tried, since an earlier wave had failed. */
  notAttempted: () => readonly string[] = () => []
  /** Returns the hosts that were told to go back to the version they had, and are not done. */
  restored: () => readonly string[] = () => []
  /** The recovery features that were written: one for each feature of which some hosts are not done. */
  readonly recoveries: Recovery[] = []
  invocation: Invocation = { args: [], env: {} }
  /** Returns the release that the run is for, once that is known. */
  release: () => string | undefined = () => undefined
  tickets: readonly string[] = []
  /** The hosts that the run changed although they had been reported as done. */
  drift: readonly Drift[] = []
  /** The states that hosts were really in when a rehearsal was over. */
  truth: readonly HostTruth[] = []
  readonly rehearsals: Rehearsed[] = []
  readonly faultTables: FaultTable[] = []
  /** The plan that was made, where nothing but a plan was wanted; undefined otherwise. */
  planned: { id: string; path: string; changes: number; hosts: number } | undefined
  /** Hides secrets in a text; effective once the configuration is read. */
  redact: (text: string) => string = (text) => text
  /** The values of `<name>` in the run's features, and the parameters of the run that they were read for. */
  substitution: { of: SubstitutedValues; parameters: RunParameters } | undefined
  /** The line that is being run. */
  current: Line = { uri: '', scenarioId: '', line: 0, text: '' }
  /** The verdict of the current line so far; a step that only says something has none. */
  currentVerdict: Verdict | undefined
  /** The texts of the features as cucumber has read them, by their path. */
  readonly sources = new Map<string, string>()
  /** The lines of steps by their node in the feature's syntax tree. */
  readonly lines = new Map<string, number>()
  onProgress: (done: number, expected: number | undefined) => void = () => {}
  /** Tells that something takes its time that is no step. */
  onWaiting: (text: string) => void = () => {}
  onUndone: (step: UndoneStep) => void = () => {}
  onActivated: (release: string) => void = () => {}
  /** Writes into the journal that the process ends in mid-run; at once, since nothing can be waited for any more. */
  cutOff: () => void = () => {}
  /** Tells that the run is over although cucumber will not say so. */
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

  /** Returns the sentence of a line that is to be run; undefined where the line has none. */
  expressionOf({ uri, scenarioId, line }: Line): string | undefined {
    const scenario = this.plan.find((planned) => planned.uri === uri && planned.scenarioId === scenarioId)
    return scenario?.steps.find((step) => step.line === line)?.expression
  }

  /** Notes that the code of the current line has reached its rollout, by saying or asking something. */
  reach(): void {
    this.reached.add(`${keyOf(this.current)} ${this.current.line}`)
  }

  /** Returns the variables that a feature uses, with their values, but for secrets. */
  variablesIn(uri: string): ReadonlyMap<string, string> {
    return this.substitution?.of.plainIn(uri) ?? new Map()
  }

  /** Notes that the current line failed though its verdict does not say so. */
  fault(message: string): void {
    this.faults.push({ ...this.current, message })
  }

  /** Fails the run for a line that was not carried out, where no failure says so. */
  omit(omission: Omission): void {
    const { uri, scenarioId, line, text } = omission
    this.omission ??= omission
    this.faults.push({ uri, scenarioId, line, text, message: describeOmission(omission) })
    this.fail()
  }

  /** Fails the run for a hook of the team that failed, whatever the hosts say. */
  hookFailed(sentence: string): void {
    this.hookFaults.push(sentence)
    this.fail()
  }

  /** Returns the lines of a feature that were begun. */
  begunLines(uri: string): ReadonlySet<number> {
    const own = [...this.begun].filter((key) => key.startsWith(`${uri}:`))
    return new Set(own.map((key) => Number(key.slice(uri.length + 1))))
  }

  /**
   * Returns whether all scenarios of a feature passed. A scenario in which no host was left for its wave is skipped,
   * and counts as passed.
   */
  hasPassed(uri: string): boolean {
    return this.plan
      .filter((scenario) => scenario.uri === uri)
      .every((scenario) => {
        const outcome = this.scenarioRuns.of(scenario)?.outcome
        return outcome === 'passed' || (outcome === 'skipped' && scenario.wave !== undefined)
      })
  }

  /** True when the run cannot go on: it failed, was refused, or the operator asked to stop. */
  get hasStopped(): boolean {
    return this.failed || this.refusal !== undefined || this.stopping.signal.aborted
  }

  /** Ends safe mode: the run is live from here on. */
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

  /** Notes why the run could not be, or cannot go on; the first reason stays. */
  refuse(reason: LockstepError): void {
    this.refusal ??= reason
  }

  get refused(): LockstepError | undefined {
    return this.refusal
  }

  fail(): void {
    this.failed = true
  }

  /** Returns what is kept of a text that was seen. A text is cut short only once no secret is in it any more. */
  private shorten(seen: string): string {
    if (seen.length <= MAX_SEEN) return seen
    const cut = `${this.redact(seen).slice(0, MAX_SEEN)}… (${seen.length} characters)`
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

/** A host that a run changed although an earlier run had reported it as done. */
export interface Drift {
  host: string
  what: string
  /** The run that had reported the host as done. */
  since: string
}
