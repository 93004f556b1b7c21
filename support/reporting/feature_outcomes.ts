import { hasPassed } from '../rollout/model/verdict'
import type { RunState } from '../run/run_state'

/** The outcome of a feature: `unfinished` is one that was begun and has a scenario that did not come to its end. */
export type FeatureOutcome = 'passed' | 'failed' | 'unfinished' | 'not attempted'

export interface NamedFeature {
  uri: string
  name: string
  outcome: FeatureOutcome
}

/** The signs of outcomes, in the words of a reader who sees no colour. */
export const SIGN_OF: Readonly<Record<FeatureOutcome, string>> = {
  passed: '✔',
  failed: '✘',
  unfinished: '?',
  'not attempted': '·',
}

/** Returns the features of a run with what became of each: a run of several is not told by its verdict alone. */
export function featureOutcomesOf(run: RunState): NamedFeature[] {
  const names = new Map(run.plan.map(({ uri, feature = '' }) => [uri, feature]))
  return [...names].map(([uri, name]) => ({ uri, name, outcome: outcomeOf(run, uri) }))
}

function outcomeOf(run: RunState, uri: string): FeatureOutcome {
  const isOwn = (each: { uri: string }) => each.uri === uri
  const failed = run.verdicts.some(
    (each) => isOwn(each) && each.verdict.tolerated !== true && !hasPassed(each.verdict),
  )
  if (failed || run.faults.some(isOwn)) return 'failed'
  const scenarios = run.plan.filter(isOwn).map((scenario) => run.scenarioRuns.of(scenario))
  if (scenarios.some((scenario) => scenario?.outcome === 'failed')) return 'failed'
  if (scenarios.every((scenario) => scenario === undefined)) return 'not attempted'
  return scenarios.every((scenario) => scenario?.outcome !== undefined) ? 'passed' : 'unfinished'
}
