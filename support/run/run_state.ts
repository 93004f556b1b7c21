import type { JournalEntry } from '../rollout/model/journal_entry'
import { HostList } from '../rollout/model/host_list'
import type { HostOutOfRotation } from '../rollout/model/out_of_rotation'
import { clean, hasPassed, mayGoOn, type Verdict } from '../rollout/model/verdict'
import { EXIT, exitCodeFor, type ErrorCode } from '../system/errors'
import { describeOmission, type LineCourse, type Omission } from './account'
import type { RecordedEvent } from './events'
import { FeaturePart, type WavePlace } from './feature_part'
import { LineTimes } from './line_times'
import { OpenObligations, type OpenObligation } from '../rollout/model/open_obligations'
import type { Gate } from '../rollout/model/gate'
import type { HostTruth, Rehearsed } from './rehearsed'
import type {
  Drift,
  Fault,
  FeatureText,
  Invocation,
  LeftHosts,
  Line,
  PlacedHost,
  PlannedScenario,
  PlannedStep,
  Recovery,
  Remark,
  SavedPlan,
  StepVerdict,
  StoppedAt,
  UndoneStep,
} from './run_parts'
import { isMode, isSafeMode, type Mode } from './modes'
import { keyOf, ScenarioRuns, type ScenarioKey } from './scenario_runs'

/** Why a run could not be, or could not go on. */
export interface Refusal {
  code: ErrorCode
  message: string
}

/** The end of a run; `at` is in milliseconds since 1970. */
export interface RunEnd {
  at: number
  took: number
  /** The exit status that the run says it came to. */
  exitCode: number
  /** The exit status by all that the run had said until then. */
  derived: number
}

const MAX_NOTES = 10

/**
 * A run as its events tell it: the same events make the same state, during the run and afterwards. All that is
 * shown of a run is made from it. It has no secret in it, and knows no clock, no environment and no folder.
 */
export class RunState {
  id = ''
  mode: Mode = 'embedded'
  environment = 'embedded fleet'
  /** The name of the environment that was asked for; undefined where the run takes the one it has without asking. */
  chosen: string | undefined
  /** The path of the journal; undefined for a run that was refused before it began. */
  journal: string | undefined
  warnings: readonly string[] = []
  /** The id of the run that this one goes on from. */
  resumes: string | undefined
  /** The hosts that the run is limited to, in ClusterShell's form; undefined where it is for all of its roll call. */
  limit: string | undefined
  outBefore: readonly HostOutOfRotation[] = []
  /** The reasons why more hosts may be out than `outBefore` names: journals that do not tell everything. */
  notKnownBefore: readonly string[] = []
  readonly verdicts: StepVerdict[] = []
  /** The hosts that the run told of; a verdict knows each host by its place in this list. */
  readonly hosts = new HostList()
  readonly faults: Fault[] = []
  /** The hooks of a team that failed, each as a sentence. */
  readonly hookFaults: string[] = []
  readonly undoneSteps: UndoneStep[] = []
  remarks: readonly Remark[] = []
  readonly scenarioRuns = new ScenarioRuns()
  /** The lines that were ended, by their scenario. */
  readonly courses = new Map<string, Map<number, LineCourse>>()
  /** The moments at which hosts answered, line by line. */
  readonly lineTimes = new LineTimes()
  /** The first line that should have been carried out and was not, though nothing failed. */
  omission: Omission | undefined
  /** The scenarios that are to be run. */
  plan: readonly PlannedScenario[] = []
  /** The first few notes: what a person should know and what decides nothing. */
  readonly notes: string[] = []
  /** The gates at which it waited for a person, in their order. */
  readonly gates: Gate[] = []
  /** The recovery features that were written: one for each feature of which some hosts are not done. */
  readonly recoveries: Recovery[] = []
  /** The texts of the features that were begun, by their path. */
  readonly texts = new Map<string, FeatureText>()
  invocation: Invocation = { args: [], env: {}, cucumber: 'npx cucumber-js', lockstep: 'npx lockstep' }
  tickets: readonly string[] = []
  /** The user who began the run, and the machine, as `user@machine`; empty for a run that was refused before it began. */
  by = ''
  /** The hosts that the run changed although they had been reported as done. */
  drift: readonly Drift[] = []
  /** The states that hosts were really in when a rehearsal was over. */
  truth: readonly HostTruth[] = []
  readonly rehearsals: Rehearsed[] = []
  /** The plan that was made, where nothing but a plan was wanted; undefined otherwise. */
  planned: SavedPlan | undefined
  /** The name of the approved plan that the run keeps to; undefined where none was demanded. */
  keptPlan: string | undefined
  /** The commits that tags were bound to, by `repository tag`. */
  readonly tags = new Map<string, string>()
  /** The line that is being run. */
  current: Line = { uri: '', scenarioId: '', line: 0, text: '' }
  /** The number of lines that passed. */
  passedLines = 0
  /** The first line that failed, or would fail where nothing is changed. */
  stoppedAt: StoppedAt | undefined
  /** The verdict of the current line so far; a step that only says something has none. */
  currentVerdict: Verdict | undefined
  refused: Refusal | undefined
  /** The end of the run; undefined while it goes on, and for ever where it was killed. */
  ended: RunEnd | undefined
  /** True for a run whose journal stops before its end: it was killed. */
  isCutOff = false
  /** The time of the last event, in milliseconds since 1970. */
  lastAt = 0
  /** True once anything has failed that decides the run. */
  hasFailed = false
  private firstAt: number | undefined
  isInterrupted = false
  private variables: Readonly<Record<string, Readonly<Record<string, string>>>> = {}
  private readonly begun = new Set<string>()
  /** The line of each feature that was begun last. */
  private readonly lastLines = new Map<string, Line>()
  private readonly concluded = new Set<string>()
  private readonly parts = new Map<string, FeaturePart>()
  private part: FeaturePart | undefined
  private open = new OpenObligations([])

  /** Takes in the next event of the run. */
  apply(event: RecordedEvent): void {
    this.lastAt = Date.parse(event.at)
    this.firstAt ??= this.lastAt
    this.lineTimes.apply(event)
    switch (event.type) {
      case 'read':
        this.id = event.run
        this.invocation = event.invocation
        this.plan = event.scenarios
        this.remarks = event.remarks
        this.variables = event.variables
        break
      case 'began':
        this.begin(event)
        break
      case 'mode':
        this.mode = event.mode
        break
      case 'text':
        this.texts.set(event.uri, textOf(event))
        break
      case 'activated':
        this.mode = 'live'
        break
      case 'run':
        this.beginFeature(event)
        break
      case 'feature':
        this.part = this.parts.get(event.feature)
        break
      case 'tag':
        this.tags.set(`${event.repository} ${event.tag}`, event.commit)
        break
      case 'roll call':
        this.hosts.rangesOf(event.hosts)
        break
      case 'scenario began':
        this.scenarioRuns.begin(event, this.lastAt)
        break
      case 'scenario ended':
        this.scenarioRuns.end(event.outcome, event.took)
        break
      case 'line':
        this.beginLine(event)
        break
      case 'line ended':
        this.endLine(event)
        break
      case 'verdict':
        this.conclude(event)
        break
      case 'undone':
        this.undoneSteps.push({ what: event.what, verdict: this.hosts.read(event) })
        break
      case 'opened':
        this.open.open(event.obligation, event.hosts)
        break
      case 'closed':
        this.open.close(event.obligation, event.hosts)
        break
      case 'gate waits': {
        const { gate, question, until, at } = event
        this.gates.push({ gate, question, since: at, until, ended: undefined })
        break
      }
      case 'gate ended': {
        const { outcome, by, means, at } = event
        const waiting = this.gates.find(({ gate, ended }) => gate === event.gate && ended === undefined)
        if (waiting !== undefined)
          waiting.ended = {
            outcome,
            at,
            ...(by === undefined ? {} : { by }),
            ...(means === undefined ? {} : { means }),
          }
        break
      }
      case 'note':
        if (!this.hasEnoughNotes && !this.notes.includes(event.text)) this.notes.push(event.text)
        break
      case 'drift':
        this.drift = event.drift
        break
      case 'truth':
        this.truth = event.truth
        break
      case 'plan saved':
        this.planned = event.plan
        break
      case 'plan kept':
        this.keptPlan = event.plan
        break
      case 'recovery':
        this.recoveries.push(event.recovery)
        break
      default:
        this.judge(event)
    }
    this.partOf(event)?.apply(event, this.hosts)
  }

  /** True once the run has said where it goes. One that is refused before has no mode and no environment. */
  get hasBegun(): boolean {
    return this.journal !== undefined
  }

  /** True when the run cannot go on: it failed, was refused, or the operator asked to stop. */
  get hasStopped(): boolean {
    return this.hasFailed || this.refused !== undefined || this.isInterrupted
  }

  get exitCode(): number {
    if (this.refused !== undefined) return exitCodeFor(this.refused.code)
    if (this.isInterrupted) return EXIT.interrupted
    if (this.hasFailed) return EXIT.failed
    return this.out.size > 0 ? EXIT.passedWithFailures : EXIT.passed
  }

  /** The gate at which it waits for a person; undefined while it waits at none. */
  get openGate(): Gate | undefined {
    return this.gates.findLast(({ ended }) => ended === undefined)
  }

  /** The obligations that are open, from this run or from earlier ones. */
  get outOfRotation(): readonly OpenObligation[] {
    return this.open.all
  }

  /** The hosts that failed within the failure budget, each with what was seen then. */
  get out(): ReadonlyMap<string, string> {
    return new Map([...this.parts.values()].flatMap(({ out }) => [...out]))
  }

  /** The hosts that were told to go back to the version they had, and are not done. */
  get restored(): readonly string[] {
    return [...new Set([...this.parts.values()].flatMap(({ restored }) => restored))]
  }

  /** The hosts on which no step was tried, since an earlier wave had failed. */
  get notAttempted(): readonly string[] {
    return [...this.parts.values()].flatMap((part) => part.notAttempted(this.hosts))
  }

  /** The release that the run is for, once that is known. */
  get release(): string | undefined {
    return [...this.parts.values()].at(-1)?.release
  }

  /** The features that were begun in safe mode, and have stayed there. */
  get featuresInSafeMode(): readonly string[] {
    return [...this.parts].flatMap(([uri, { isSafe }]) => (isSafe ? [uri] : []))
  }

  /** Returns the hosts of a feature in the order of their waves. */
  hostsOf(uri: string): readonly PlacedHost[] {
    return this.parts.get(uri)?.placedHosts(this.hosts) ?? []
  }

  /** The features that were begun, in the order in which they were. */
  get features(): readonly string[] {
    return [...this.parts.keys()]
  }

  /** Returns all hosts of a feature, in the order of its roll call. */
  knownHosts(uri: string): readonly string[] {
    return this.parts.get(uri)?.knownHosts(this.hosts) ?? []
  }

  /** Returns the hosts of a feature's roll call that are outside the limit of the run. */
  hostsOutside(uri: string): readonly string[] {
    return this.parts.get(uri)?.outside ?? []
  }

  /** Returns the line of a feature that was begun last; undefined before its first one. */
  lastLineOf(uri: string): Line | undefined {
    return this.lastLines.get(uri)
  }

  /** Returns the hosts of a feature that were told to go back to the version they had. */
  restoredIn(uri: string): readonly string[] {
    return this.parts.get(uri)?.restored ?? []
  }

  /** Returns the hosts of a feature that failed within the failure budget, each with what was seen then. */
  outIn(uri: string): ReadonlyMap<string, string> {
    return this.parts.get(uri)?.out ?? new Map()
  }

  /** Returns the hosts of a feature that are not done; undefined where no host was changed, or all of them are done. */
  leftOf(uri: string): LeftHosts | undefined {
    const part = this.parts.get(uri)
    if (part?.hasChangedHosts !== true) return undefined
    const isSpoilt = this.verdicts.some((each) => each.uri === uri && !mayGoOn(each.verdict))
    const passed = this.hasPassed(uri) && !part.isUnfinished && !isSpoilt
    const remaining = part.remaining(passed, this.hosts)
    return remaining.hosts.length === 0 ? undefined : { passed, ...remaining }
  }

  /** The place of the wave that moves at the current line; undefined while none does. */
  get wavePlace(): WavePlace | undefined {
    return this.parts.get(this.current.uri)?.place
  }

  /** Returns whether the events tell the waves that a feature has taken as they are. */
  hasWaves(uri: string, taken: readonly { name: string; hosts: readonly string[] }[]): boolean {
    return this.parts.get(uri)?.hasTaken(taken, this.hosts) === true
  }

  /** Returns the variables that a feature uses, with their values, but for secrets. */
  variablesIn(uri: string): ReadonlyMap<string, string> {
    return new Map(Object.entries(this.variables[uri] ?? {}))
  }

  /** Returns the lines of a feature that were begun. */
  begunLines(uri: string): ReadonlySet<number> {
    const own = [...this.begun].filter((key) => key.startsWith(`${uri}:`))
    return new Set(own.map((key) => Number(key.slice(uri.length + 1))))
  }

  /** Returns the sentence of a line that is to be run; undefined where the line has none. */
  expressionOf(line: Line): string | undefined {
    return this.stepOf(line)?.expression
  }

  /** Returns a scenario that is to be run. */
  scenarioOf({ uri, scenarioId }: ScenarioKey): PlannedScenario | undefined {
    return this.plan.find((each) => each.uri === uri && each.scenarioId === scenarioId)
  }

  /** Returns a line that is to be run. */
  stepOf({ line, ...scenario }: Omit<Line, 'text'>): PlannedStep | undefined {
    return this.scenarioOf(scenario)?.steps.find((step) => step.line === line)
  }

  /** True once there are as many notes as are kept. */
  get hasEnoughNotes(): boolean {
    return this.notes.length >= MAX_NOTES
  }

  /** Returns whether a line of a scenario has come to a verdict. */
  hasConcluded(scenario: ScenarioKey, line: number): boolean {
    return this.concluded.has(`${keyOf(scenario)} ${line}`)
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

  /** The moment of the first event, in milliseconds since 1970. */
  get beganAt(): number {
    return this.firstAt ?? this.lastAt
  }

  /** The milliseconds that the run took; of a run that did not end, those until the last that is known of it. */
  get took(): number {
    return this.ended?.took ?? Math.max(0, this.lastAt - this.beganAt)
  }

  /** The moment of the end, or else of the last that is known of the run, in milliseconds since 1970. */
  get endedAt(): number {
    return this.ended?.at ?? this.lastAt
  }

  /** Says so where the run did not end: its events stop, and nothing may be called done for that. */
  closeUnended(): void {
    if (this.ended !== undefined) return this.expectOneEnd(this.ended)
    this.isCutOff = true
    const { uri, line, text } = this.current
    const where = line > 0 ? `at "${text}" (${uri}:${line})` : 'before its first line'
    const last = new Date(this.lastAt).toISOString()
    const before = this.refused === undefined ? '' : `; before that, ${this.refused.message}`
    this.refused = {
      code: this.refused?.code ?? 'interrupted',
      message: `the run did not end: its journal stops on ${last}, ${where}${before}`,
    }
    for (const part of this.parts.values()) part.stop()
  }

  /** Refuses an end that is another than what was said before: one of both is missing, or is of another run. */
  private expectOneEnd({ exitCode, derived }: RunEnd): void {
    if (exitCode === derived) return
    const message = `the journal says that the run came to exit status ${exitCode}, and tells of ${derived}; it does not tell everything`
    this.refused = { code: 'journal-failed', message }
  }

  /** Returns the feature that an event is of: a scenario ends its own, also when another has begun since. */
  private partOf({ type }: RecordedEvent): FeaturePart | undefined {
    const scenario = type === 'scenario ended' ? this.scenarioRuns.last : undefined
    return (scenario && this.parts.get(scenario.uri)) ?? this.part
  }

  private begin(event: Extract<RecordedEvent, { type: 'began' }>): void {
    this.mode = event.mode
    this.environment = event.environment
    this.chosen = event.chosen
    this.journal = event.journal
    this.tickets = event.tickets
    this.by = event.by
    this.warnings = event.warnings
    this.outBefore = event.outBefore
    this.notKnownBefore = event.notKnownBefore
    this.limit = event.limit
    this.resumes = event.resumes
    this.open = new OpenObligations(event.outBefore)
  }

  private beginFeature(entry: Extract<JournalEntry, { type: 'run' }>): void {
    if (isMode(entry.mode)) this.mode = entry.mode
    const isInWaves = this.plan.some(({ uri, wave }) => uri === entry.feature && wave !== undefined)
    this.part = new FeaturePart(isInWaves, entry.release, isSafeMode(entry.mode))
    this.parts.set(entry.feature, this.part)
  }

  private beginLine({ uri, scenarioId, line, text }: Line): void {
    this.current = { uri, scenarioId, line, text }
    this.begun.add(`${uri}:${line}`)
    this.lastLines.set(uri, this.current)
    this.currentVerdict = undefined
  }

  private endLine(event: Extract<RecordedEvent, { type: 'line ended' }>): void {
    const { uri, scenarioId, line, status, took } = event
    this.coursesOf(event).set(line, { status, took })
    if (status === 'PASSED') this.passedLines += 1
    const isWell = status === 'PASSED' && !wouldFail(this.currentVerdict)
    if (isWell || status === 'SKIPPED' || this.stoppedAt !== undefined) return
    const { keyword = '', text = this.current.text } = this.stepOf({ uri, scenarioId, line }) ?? {}
    this.stoppedAt = { uri, line, text: `${keyword}${clean(text)}`.trim() }
  }

  private conclude(event: Extract<RecordedEvent, { type: 'verdict' }>): void {
    const verdict = this.hosts.read(event)
    this.currentVerdict = verdict
    this.concluded.add(`${keyOf(this.current)} ${this.current.line}`)
    this.verdicts.push({ mode: this.mode, ...this.current, verdict })
    if (wouldFail(verdict)) this.hasFailed = true
  }

  /** Takes in an event that says that something is wrong, or that all is over. */
  private judge(event: RecordedEvent): void {
    switch (event.type) {
      case 'fault': {
        const { uri, scenarioId, line, text, message } = event
        this.faults.push({ uri, scenarioId, line, text, message })
        break
      }
      case 'omission': {
        const { uri, scenarioId, line, text, fate, expression } = event
        const omission = { uri, scenarioId, line, text, fate, expression }
        this.omission ??= omission
        this.faults.push({ uri, scenarioId, line, text, message: describeOmission(omission) })
        this.hasFailed = true
        break
      }
      case 'hook failed':
        this.hookFaults.push(event.message)
        this.hasFailed = true
        break
      case 'rehearsed':
        this.rehearsals.push(event.rehearsal)
        this.hasFailed ||= event.rehearsal.failures.length > 0
        break
      case 'failed':
        this.hasFailed = true
        break
      case 'interrupted':
        this.isInterrupted = true
        break
      case 'refused':
        this.refused ??= { code: event.code, message: event.message }
        break
      case 'ended':
        this.ended = { at: this.lastAt, took: event.took, exitCode: event.exitCode, derived: this.exitCode }
        break
      default:
    }
  }

  private coursesOf(scenario: ScenarioKey): Map<number, LineCourse> {
    const key = keyOf(scenario)
    const known = this.courses.get(key) ?? new Map<number, LineCourse>()
    this.courses.set(key, known)
    return known
  }
}

function textOf({ text, values, hasHidden }: Extract<RecordedEvent, { type: 'text' }>): FeatureText {
  return { text, values: new Map(Object.entries(values)), hasHidden: hasHidden === true }
}

/** Returns the run that its events tell of. A run that did not end is said not to have ended, and has not passed. */
export function stateOf(events: Iterable<RecordedEvent>): RunState {
  const state = new RunState()
  for (const event of events) state.apply(event)
  state.closeUnended()
  return state
}

/** Returns whether a line would fail, and lets the plan go on. */
export function wouldFail(verdict: Verdict | undefined): boolean {
  return verdict?.planned === true && verdict.tolerated !== true && !hasPassed(verdict)
}
