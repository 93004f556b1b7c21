import type {
  Envelope,
  GherkinDocument,
  Pickle,
  PickleStep,
  StepDefinition,
  TestCase,
} from '@cucumber/messages'
import type { ContractLookup } from '../rpc/contracts'
import { formatLockstep } from '../system/commands'
import type { Choosable } from './chosen_places'
import type { Heard } from './feature_texts'
import { parseFaults } from '../rehearsal/fault_table'
import { type FaultTable } from '../run/rehearsed'
import { agentCallFaults } from './agent_calls'
import { passwordFaults } from './password_tables'
import { puppetFaults } from './puppet_tables'
import { oddBalancers } from './odd_balancers'
import { oddSelections } from './selections'
import { argumentFault, type StepFunction } from './step_arguments'
import { ClosestSentence } from './closest_sentence'
import { faultOfLength, MAX_UNKNOWN_CHARACTERS, shorten } from './long_steps'
import { validators } from './validation'
import { likeSentencesThat } from '../sentences/wording'
import { windowFaults } from './time_windows'

/** A fault in a feature that cannot be run, found before anything was run. */
export interface Finding {
  uri: string
  line: number
  message: string
}

/** The code of a team, as far as features are read with it. */
export interface KnownOfTeam {
  /** The kinds of its balancers. */
  balancers: readonly string[]
  /** Knows its agents beside Lockstep's own. */
  contractOf: ContractLookup
}

/** The beginning of a message about a line that is no sentence that is known. */
export const UNKNOWN_STEP = 'unknown step: '

/** A line with the values that its sentence was given, by the name of the parameter's type. */
interface PlannedStep {
  line: number
  text: string
  /** The sentence that the line was matched with; undefined where none or several match. */
  expression: string | undefined
  values: { type: string; value: string }[]
  /** The keyword as written, such as `Given `. */
  keyword: string
  /** True for a When, and for an And that goes on from one. */
  isAction: boolean
  isBackground?: boolean
  table: string[][] | undefined
  document: string | undefined
}

interface ReadScenario {
  uri: string
  /** The name of the scenario's feature. */
  feature: string
  scenarioId: string
  name: string
  steps: PlannedStep[]
  wave: string | undefined
  tags: string[]
}

/** The means by which the steps of features are judged. */
interface Judging {
  contractOf: ContractLookup
  closest: ClosestSentence
}

/**
 * Reads cucumber's messages up to the first step and says what is wrong with the features. The preflight is unaware of
 * what a run does with that.
 */
export class Preflight {
  readonly lines = new Map<string, number>()
  private readonly keywords = new Map<string, string>()
  private readonly background = new Set<string>()
  private readonly documents: GherkinDocument[] = []
  private readonly parseErrors: Finding[] = []
  private readonly pickles = new Map<string, Pickle>()
  private readonly definitions = new Map<string, StepDefinition>()
  private readonly testCases: TestCase[] = []
  /** Returns whether a line only decides whether a rollout may begin. */
  private readonly isGate = likeSentencesThat('gates')
  private readonly faultsOfText = new Map<string, readonly string[]>()
  /** The faults of steps that are too long to be read, by the id of the step. */
  private readonly tooLong = new Map<string, string>()

  /**
   * Takes `unfilled`, which returns why variables named in a step cannot be had. Takes `functionOf`, which returns what
   * the function of a definition takes, and `howToList`, the command that lists the known sentences.
   */
  constructor(
    private readonly unfilled: (stepId: string) => readonly string[],
    private readonly functionOf: (definition: StepDefinition) => StepFunction,
    private readonly howToList = formatLockstep('steps'),
  ) {}

  hear({ gherkinDocument, pickle, stepDefinition, testCase, parseError }: Envelope): void {
    if (gherkinDocument !== undefined) {
      this.documents.push(gherkinDocument)
      this.readLines(gherkinDocument)
    }
    if (pickle !== undefined) {
      this.cutLongSteps(pickle)
      this.pickles.set(pickle.id, pickle)
    }
    if (stepDefinition !== undefined) this.definitions.set(stepDefinition.id, stepDefinition)
    if (testCase !== undefined) {
      this.cutUnknownSteps(testCase)
      this.testCases.push(testCase)
    }
    if (parseError !== undefined) {
      const { uri = '', location } = parseError.source
      this.parseErrors.push({
        uri,
        line: location?.line ?? 1,
        message: parseError.message.replace(/^\(\d+:\d+\): /, ''),
      })
    }
  }

  get scenarios(): number {
    return this.testCases.length
  }

  /** The features that cucumber could not parse. */
  get unparsed(): string[] {
    return this.parseErrors.map(({ uri }) => uri)
  }

  /** The features of which nothing is to be run. */
  get idle(): string[] {
    const run = new Set(this.testCases.map(({ pickleId }) => this.pickles.get(pickleId)?.uri))
    return this.documents.flatMap(({ uri = '' }) => (run.has(uri) ? [] : [uri]))
  }

  /** The messages so far, for readers with more to say of the features than whether they can be run. */
  get heard(): Heard {
    const { documents, pickles, testCases, lines } = this
    const expressions = new Map([...this.definitions].map(([id, { pattern }]) => [id, pattern.source]))
    return { documents, pickles, testCases, lines, expressions }
  }

  /** Returns the findings in the order of the features, each line once. */
  findings({ balancers, contractOf }: KnownOfTeam): Finding[] {
    const found = new Map<string, Finding>()
    const add = (finding: Finding) => found.set(`${finding.uri}:${finding.line} ${finding.message}`, finding)
    this.parseErrors.forEach(add)
    const closest = new ClosestSentence([...this.definitions.values()].map(({ pattern }) => pattern.source))
    for (const testCase of this.testCases) {
      const pickle = this.pickles.get(testCase.pickleId)
      if (pickle === undefined) continue
      if (pickle.steps.length === 0)
        add({
          uri: pickle.uri,
          line: this.lines.get(pickle.astNodeIds[0] ?? '') ?? 1,
          message: `the scenario ${JSON.stringify(pickle.name)} has no steps; a line that begins with no keyword is only a description`,
        })
      const steps = new Map(pickle.steps.map((step) => [step.id, step]))
      for (const testStep of testCase.testSteps) {
        const step = steps.get(testStep.pickleStepId ?? '')
        if (step === undefined) continue
        const at = { uri: pickle.uri, line: this.lines.get(step.astNodeIds[0] ?? '') ?? 1 }
        const tooLong = this.tooLong.get(step.id)
        const unfilled = tooLong === undefined ? this.unfilled(step.id) : [tooLong]
        const faults = unfilled.length > 0 ? unfilled : this.faultsOf(step, testStep, { contractOf, closest })
        for (const message of faults) add({ ...at, message })
      }
    }
    oddSelections(this.planned()).forEach(add)
    oddBalancers(this.planned(), balancers).forEach(add)
    for (const { uri, astNodeIds, steps } of this.rehearsed()) {
      if (steps.some(({ argument }) => argument?.dataTable !== undefined)) continue
      const line = this.lines.get(astNodeIds[0] ?? '') ?? 1
      add({
        uri,
        line,
        message:
          'a scenario that is tagged @rehearse says in a table what may go wrong, and this one has none',
      })
    }
    for (const table of this.faultTables()) {
      const faults = parseFaults(table, this.textsOf(table.uri))
      if (typeof faults === 'string') add({ uri: table.uri, line: table.line, message: faults })
    }
    return [...found.values()]
  }

  /** The first scenario that would be run after one that stands below it in its feature. */
  get outOfOrder(): Finding | undefined {
    const places = new Map([...this.pickles.keys()].map((id, index) => [id, index]))
    const latest = new Map<string, number>()
    for (const { pickleId } of this.testCases) {
      const pickle = this.pickles.get(pickleId)
      const place = places.get(pickleId)
      if (pickle === undefined || place === undefined) continue
      if (place < (latest.get(pickle.uri) ?? 0)) {
        const line = this.lines.get(pickle.astNodeIds.at(-1) ?? '') ?? 1
        const message = `the scenario ${JSON.stringify(pickle.name)} would be run after one that stands below it; a rollout runs in the order in which its feature is written`
        return { uri: pickle.uri, line, message }
      }
      latest.set(pickle.uri, place)
    }
    return undefined
  }

  /** The scenarios of the features, also those that are not to be run, with the lines that choose them. */
  get choosable(): Choosable[] {
    return [...this.pickles.values()].map(({ uri, name, astNodeIds }) => ({
      uri,
      name,
      lines: astNodeIds.flatMap((id) => this.lines.get(id) ?? []),
    }))
  }

  /**
   * Returns the names of a feature's scenarios that are about hosts and are not to be run. Tags or names on the command
   * line leave them out. A scenario that only decides whether a rollout may begin does not count. Neither does a table
   * of faults to rehearse.
   */
  leftOut(uri: string): string[] {
    const run = new Set(this.testCases.map(({ pickleId }) => pickleId))
    const left = [...this.pickles.values()].filter(
      (pickle) => pickle.uri === uri && !run.has(pickle.id) && this.isAboutHosts(pickle),
    )
    return left.map(({ name }) => name)
  }

  /** Returns whether a scenario is about hosts, by its own lines: those of its Background are in every scenario. */
  private isAboutHosts({ tags, steps }: Pickle): boolean {
    if (tags.some(({ name }) => name === '@rehearse' || name === '@behaviour')) return false
    const own = steps.filter(({ astNodeIds }) => !this.background.has(astNodeIds[0] ?? ''))
    return own.some(({ text }) => !this.isGate(text))
  }

  private textsOf(uri: string): string[] {
    return [...this.pickles.values()].flatMap((pickle) =>
      pickle.uri === uri ? pickle.steps.map(({ text }) => text) : [],
    )
  }

  /** Returns the tables of what may go wrong, from scenarios that are only for rehearsals. */
  faultTables(): FaultTable[] {
    return this.rehearsed().flatMap(({ uri, steps }) =>
      steps.flatMap(({ argument, astNodeIds }) => {
        const line = this.lines.get(astNodeIds[0] ?? '') ?? 1
        const rows = argument?.dataTable?.rows.map(({ cells }) => cells.map(({ value }) => value))
        return rows === undefined ? [] : [{ uri, line, rows }]
      }),
    )
  }

  private rehearsed(): Pickle[] {
    return [...this.pickles.values()].filter(({ tags }) => tags.some(({ name }) => name === '@rehearse'))
  }

  /** Returns the scenarios that are to be run, in order. */
  planned(): ReadScenario[] {
    const features = new Map(this.documents.map(({ uri, feature }) => [uri, feature?.name]))
    return this.testCases.flatMap((testCase) => {
      const pickle = this.pickles.get(testCase.pickleId)
      if (pickle === undefined) return []
      const { uri, name } = pickle
      const feature = features.get(uri) ?? ''
      const scenarioId = String(this.lines.get(pickle.astNodeIds.at(-1) ?? '') ?? 0)
      const matches = new Map(testCase.testSteps.map((step) => [step.pickleStepId, step]))
      const steps = pickle.steps.map(({ id, text, argument, astNodeIds, type }) => {
        const matched = matches.get(id)
        const [definition, ...others] = matched?.stepDefinitionIds ?? []
        return {
          line: this.lines.get(astNodeIds[0] ?? '') ?? 0,
          text,
          expression:
            others.length === 0 ? this.definitions.get(definition ?? '')?.pattern.source : undefined,
          values: valuesOf(matched),
          keyword: this.keywords.get(astNodeIds[0] ?? '') ?? '',
          isAction: String(type) === 'Action',
          ...(this.background.has(astNodeIds[0] ?? '') ? { isBackground: true } : {}),
          table: argument?.dataTable?.rows.map(({ cells }) => cells.map(({ value }) => value)),
          document: argument?.docString?.content,
        }
      })
      const wave = steps.flatMap(({ values }) => values).find(({ type }) => type === 'wave')?.value
      return [{ uri, feature, scenarioId, name, steps, wave, tags: pickle.tags.map((tag) => tag.name) }]
    })
  }

  /** Returns the faults of a step. Each text is judged once, since rows of a table repeat most of their lines. */
  private faultsOf(
    step: PickleStep,
    testStep: TestCase['testSteps'][number],
    judging: Judging,
  ): readonly string[] {
    const { text, argument } = step
    if (argument !== undefined) return this.faults(step, testStep, judging)
    const known = this.faultsOfText.get(text) ?? this.faults(step, testStep, judging)
    this.faultsOfText.set(text, known)
    return known
  }

  private faults(
    { text, argument }: PickleStep,
    testStep: TestCase['testSteps'][number],
    { contractOf, closest }: Judging,
  ): string[] {
    const ids = testStep.stepDefinitionIds ?? []
    if (ids.length === 0) return [`${UNKNOWN_STEP}${text}${closest.propose(text, this.howToList)}`]
    if (ids.length > 1) {
      const patterns = ids.map((id) => `"${this.definitions.get(id)?.pattern.source}"`)
      return [`ambiguous step: ${text}; it matches ${patterns.join(' and ')}`]
    }
    const values = testStep.stepMatchArgumentsLists?.[0]?.stepMatchArguments ?? []
    const odd = values.flatMap(({ group, parameterTypeName }) => {
      const fault = validators[parameterTypeName ?? '']?.(group.value ?? '')
      return fault === undefined ? [] : [fault]
    })
    odd.push(...windowFaults(values))
    const definition = this.definitions.get(ids[0] ?? '')
    const fault =
      definition === undefined
        ? undefined
        : argumentFault(this.functionOf(definition), values.length, argument)
    if (fault !== undefined) return [...odd, fault]
    const rows = argument?.dataTable?.rows.map(({ cells }) => cells.map(({ value }) => value)) ?? []
    const given = values.map(({ group }) => group.value ?? '')
    const phrase = definition?.pattern.source ?? ''
    return [
      ...odd,
      ...passwordFaults(phrase, rows),
      ...puppetFaults(phrase, rows),
      ...agentCallFaults(phrase, given, rows, contractOf),
    ]
  }

  /** Cuts texts that are too long before cucumber matches them: that takes far longer the longer a text is. */
  private cutLongSteps({ steps }: Pickle): void {
    for (const step of steps) {
      const fault = faultOfLength(step.text)
      if (fault === undefined) continue
      this.tooLong.set(step.id, fault)
      step.text = shorten(step.text, MAX_UNKNOWN_CHARACTERS)
    }
  }

  /** Cuts texts that no sentence matches: cucumber would propose code for them, at the cube of their length. */
  private cutUnknownSteps({ pickleId, testSteps }: TestCase): void {
    const unknown = testSteps.flatMap(({ pickleStepId, stepDefinitionIds }) =>
      stepDefinitionIds?.length === 0 ? [pickleStepId] : [],
    )
    if (unknown.length === 0) return
    const ids = new Set(unknown)
    for (const step of this.pickles.get(pickleId)?.steps ?? [])
      if (ids.has(step.id)) step.text = shorten(step.text, MAX_UNKNOWN_CHARACTERS)
  }

  private readLines({ feature }: GherkinDocument): void {
    for (const child of feature?.children ?? []) {
      const parts = [child, ...(child.rule?.children ?? [])]
      for (const { background, scenario } of parts) {
        for (const { id } of background?.steps ?? []) this.background.add(id)
        for (const step of [...(background?.steps ?? []), ...(scenario?.steps ?? [])]) {
          this.lines.set(step.id, step.location.line)
          this.keywords.set(step.id, step.keyword)
        }
        if (scenario === undefined) continue
        this.lines.set(scenario.id, scenario.location.line)
        for (const row of scenario.examples.flatMap(({ tableBody }) => tableBody))
          this.lines.set(row.id, row.location.line)
      }
    }
  }
}

function valuesOf(testStep: TestCase['testSteps'][number] | undefined): PlannedStep['values'] {
  const matched = testStep?.stepMatchArgumentsLists?.[0]?.stepMatchArguments ?? []
  return matched.map(({ parameterTypeName = '', group }) => ({
    type: parameterTypeName,
    value: group.value ?? '',
  }))
}
