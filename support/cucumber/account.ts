import type { Envelope, Pickle, TestCase } from '@cucumber/messages'
import { concludes, speaks } from '../lint/vocabulary'
import type { ScenarioKey } from './courses'

/** A line that was planned and does not count as carried out. */
export interface Omission extends ScenarioKey {
  line: number
  text: string
  /** What became of it, with the line as its subject, such as `was skipped`. */
  fate: string
  /** The sentence of its step definition, where it has one. */
  expression: string | undefined
}

interface Planned {
  pickle: Pickle
  testCase: TestCase
  /** What cucumber says of its lines and hooks, by the id of the test step. */
  readonly statuses: Map<string, string>
}

const FATES: Readonly<Record<string, string>> = {
  SKIPPED: 'was skipped',
  PENDING: 'is pending',
  FAILED: 'failed',
  UNDEFINED: 'is unknown',
  AMBIGUOUS: 'is ambiguous',
}

/** Whether a line of a scenario has come to a verdict, or its code to the rollout. */
type OfLine = (scenario: ScenarioKey, line: number) => boolean

/**
 * Holds the lines that were planned against those that were carried out. A line counts when cucumber says that it
 * passed and, if it is a sentence of Lockstep's, there is a verdict, or it has told the rollout something. Unaware of what verdicts say.
 */
export class Account {
  private readonly expressions = new Map<string, string>()
  private readonly pickles = new Map<string, Pickle>()
  /** By their pickle, in the order in which they are run. */
  private readonly planned = new Map<string, Planned>()
  private readonly testCases = new Map<string, Planned>()
  private readonly begun = new Map<string, Planned>()
  private readonly excused = new Set<string>()

  /** `lineOf` knows the line of a node. */
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
    this.begun.get(testCaseStartedId)?.statuses.set(testStepId, testStepResult.status)
  }

  /** Lets a scenario end before its last line, for a reason of Lockstep's own. */
  excuse(pickleId: string): void {
    this.excused.add(pickleId)
  }

  /** The first line of a scenario that is not carried out by now. */
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

  private plan(testCase: TestCase): void {
    const pickle = this.pickles.get(testCase.pickleId)
    if (pickle === undefined) return
    const planned = { pickle, testCase, statuses: new Map<string, string>() }
    this.planned.set(pickle.id, planned)
    this.testCases.set(testCase.id, planned)
  }

  private begin(id: string, testCaseId: string): void {
    const found = this.testCases.get(testCaseId)
    if (found !== undefined) this.begun.set(id, found)
  }

  private omissionOf({ pickle, testCase, statuses }: Planned): Omission | undefined {
    const { uri } = pickle
    const scenario = { uri, unit: String(this.lineOf(pickle.astNodeIds.slice(-1))) }
    for (const { id, text, astNodeIds } of pickle.steps) {
      const testStep = testCase.testSteps.find(({ pickleStepId }) => pickleStepId === id)
      const expression = this.expressions.get(testStep?.stepDefinitionIds?.[0] ?? '')
      const line = this.lineOf(astNodeIds)
      const status = statuses.get(testStep?.id ?? '')
      if (status !== 'PASSED')
        return { ...scenario, line, text, expression, fate: FATES[status ?? ''] ?? 'was not begun' }
      if (concludes(expression) && !this.has.concluded(scenario, line))
        return { ...scenario, line, text, expression, fate: 'has come to no verdict' }
      if (speaks(expression) && !this.has.reached(scenario, line))
        return { ...scenario, line, text, expression, fate: 'has said nothing to the rollout' }
    }
    const skipped = testCase.testSteps.find(({ id }) => (statuses.get(id) ?? 'PASSED') !== 'PASSED')
    if (skipped === undefined) return undefined
    const fate = `ends with a hook that ${statuses.get(skipped.id) === 'PENDING' ? 'is pending' : 'skips it'}`
    return { ...scenario, line: Number(scenario.unit), text: pickle.name, expression: undefined, fate }
  }
}

/** Why a rollout that left something out has not passed, in a sentence. */
export function describeOmission({ uri, line, text, fate }: Omission): string {
  return `"${text}" ${fate} (${uri}:${line}), and not by Lockstep: look for a step or a hook of your own; a rollout passes only when each of its lines is carried out`
}
