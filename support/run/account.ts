import type { Envelope, Pickle, TestCase } from '@cucumber/messages'
import { concludes, speaks } from '../sentences/catalogue'
import { type ScenarioKey } from './scenario_runs'

/** A line that was planned and does not count as carried out. */
export interface Omission extends ScenarioKey {
  line: number
  text: string
  /** The fate of the line, worded with the line as its subject, such as `was skipped`. */
  fate: string
  /** The sentence of the step definition; undefined where the line has none. */
  expression?: string | undefined
}

/** The result that cucumber reports for a line that was begun. */
export interface LineCourse {
  /** The status that cucumber reports, such as `PASSED`. */
  status: string
  /** Milliseconds that the line took. */
  took: number
}

/** A line that has ended, and cucumber's words for why it did not pass. */
interface EndedLine extends ScenarioKey, LineCourse {
  line: number
  message?: string
}

interface Planned {
  pickle: Pickle
  testCase: TestCase
  /** The results that cucumber reports for lines and hooks, by the id of the test step. */
  readonly scenarioRuns: Map<string, LineCourse>
}

const FATES: Readonly<Record<string, string>> = {
  SKIPPED: 'was skipped',
  PENDING: 'is pending',
  FAILED: 'failed',
  UNDEFINED: 'is unknown',
  AMBIGUOUS: 'is ambiguous',
}

/** Returns whether a line of a scenario has come to a verdict, or its code to the rollout. */
type OfLine = (scenario: ScenarioKey, line: number) => boolean

/**
 * Compares the lines that were planned with those that were carried out. A line counts when cucumber says that it
 * passed. A sentence of Lockstep's also needs a verdict, or a call to the rollout. The account is unaware of what
 * verdicts say.
 */
export class Account {
  private readonly expressions = new Map<string, string>()
  private readonly pickles = new Map<string, Pickle>()
  /** The planned test cases by the id of their pickle, in the order in which they are run. */
  private readonly planned = new Map<string, Planned>()
  private readonly testCases = new Map<string, Planned>()
  private readonly begun = new Map<string, Planned>()
  private readonly excused = new Set<string>()

  /** Takes `lineOf`, which returns the line of a node, and `has`, which knows the lines with a verdict. */
  constructor(
    private readonly lineOf: (astNodeIds: readonly string[]) => number,
    private readonly has: Readonly<Record<'concluded' | 'reached', OfLine>>,
  ) {}

  hear({ pickle, stepDefinition, testCase, testCaseStarted, testStepFinished }: Envelope): void {
    if (pickle !== undefined) this.pickles.set(pickle.id, pickle)
    if (stepDefinition !== undefined) this.expressions.set(stepDefinition.id, stepDefinition.pattern.source)
    if (testCase !== undefined) this.plan(testCase)
    if (testCaseStarted !== undefined) this.begin(testCaseStarted.id, testCaseStarted.testCaseId)
    if (testStepFinished === undefined) return
    const { testCaseStartedId, testStepId, testStepResult } = testStepFinished
    const { status, duration } = testStepResult
    const took = duration.seconds * 1_000 + duration.nanos / 1_000_000
    this.begun.get(testCaseStartedId)?.scenarioRuns.set(testStepId, { status, took })
  }

  /** Returns what cucumber says of a line that has ended; undefined for what is no line of a scenario. */
  courseOf({ testStepFinished }: Envelope): EndedLine | undefined {
    const { testCaseStartedId = '', testStepId } = testStepFinished ?? {}
    const begun = this.begun.get(testCaseStartedId)
    const id = begun?.testCase.testSteps.find((testStep) => testStep.id === testStepId)?.pickleStepId
    const step = begun?.pickle.steps.find((each) => each.id === id)
    const course = begun?.scenarioRuns.get(testStepId ?? '')
    if (begun === undefined || step === undefined || course === undefined) return undefined
    const { message } = testStepFinished?.testStepResult ?? {}
    const line = this.lineOf(step.astNodeIds)
    return {
      ...this.scenarioOf(begun.pickle),
      line,
      ...course,
      ...(message === undefined ? {} : { message }),
    }
  }

  /** Lets a scenario end before its last line, for a reason of Lockstep's own. */
  excuse(pickleId: string): void {
    this.excused.add(pickleId)
  }

  /** Returns the first line of a scenario that is not carried out by now; undefined for an excused scenario. */
  omissionIn(pickleId: string): Omission | undefined {
    const planned = this.planned.get(pickleId)
    return planned === undefined || this.excused.has(pickleId) ? undefined : this.omissionOf(planned)
  }

  /** The first line of all scenarios that is not carried out by now. */
  get omission(): Omission | undefined {
    for (const id of this.planned.keys()) {
      const found = this.omissionIn(id)
      if (found !== undefined) return found
    }
    return undefined
  }

  private scenarioOf({ uri, astNodeIds }: Pickle): ScenarioKey {
    return { uri, scenarioId: String(this.lineOf(astNodeIds.slice(-1))) }
  }

  private plan(testCase: TestCase): void {
    const pickle = this.pickles.get(testCase.pickleId)
    if (pickle === undefined) return
    const planned = { pickle, testCase, scenarioRuns: new Map<string, LineCourse>() }
    this.planned.set(pickle.id, planned)
    this.testCases.set(testCase.id, planned)
  }

  private begin(id: string, testCaseId: string): void {
    const found = this.testCases.get(testCaseId)
    if (found !== undefined) this.begun.set(id, found)
  }

  private omissionOf({ pickle, testCase, scenarioRuns }: Planned): Omission | undefined {
    const scenario = this.scenarioOf(pickle)
    for (const { id, text, astNodeIds } of pickle.steps) {
      const testStep = testCase.testSteps.find(({ pickleStepId }) => pickleStepId === id)
      const expression = this.expressions.get(testStep?.stepDefinitionIds?.[0] ?? '')
      const line = this.lineOf(astNodeIds)
      const status = scenarioRuns.get(testStep?.id ?? '')?.status
      if (status !== 'PASSED')
        return { ...scenario, line, text, expression, fate: FATES[status ?? ''] ?? 'was not begun' }
      if (concludes(expression) && !this.has.concluded(scenario, line))
        return { ...scenario, line, text, expression, fate: 'has come to no verdict' }
      if (speaks(expression) && !this.has.reached(scenario, line))
        return { ...scenario, line, text, expression, fate: 'has said nothing to the rollout' }
    }
    const skipped = testCase.testSteps.find(
      ({ id }) => (scenarioRuns.get(id)?.status ?? 'PASSED') !== 'PASSED',
    )
    if (skipped === undefined) return undefined
    const fate = `ends with a hook that ${scenarioRuns.get(skipped.id)?.status === 'PENDING' ? 'is pending' : 'skips it'}`
    return { ...scenario, line: Number(scenario.scenarioId), text: pickle.name, expression: undefined, fate }
  }
}

/** Returns, in a sentence, why a rollout that left a line out has not passed. */
export function describeOmission({ uri, line, text, fate }: Omission): string {
  return `"${text}" ${fate} (${uri}:${line}), and not by Lockstep: look for a step or a hook of your own; a rollout passes only when each of its lines is carried out`
}
