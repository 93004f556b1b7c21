import { matrixOf, type Matrix } from './matrix'
import type { RunState } from '../run/run_state'

/** Returns every line of a feature against every host of its rollout, as far as it has come. */
export function evidenceOf(run: RunState, uri: string): Matrix {
  const lines = new Map<number, string>()
  for (const { steps } of run.plan.filter((scenario) => scenario.uri === uri))
    for (const { line, text } of steps) lines.set(line, findSharedStart(lines.get(line) ?? text, text))
  return matrixOf({
    lines: [...lines].map(([line, text]) => ({ line, text })).sort((a, b) => a.line - b.line),
    begun: run.begunLines(uri),
    verdicts: run.verdicts.filter((each) => each.uri === uri),
    hosts: run.hostsOf(uri),
    stopped: run.hasStopped,
    undone: run.scenarioRuns.last?.uri === uri ? run.undoneSteps : [],
  })
}

/** Returns what a line has in common in all rows of a table: `I take the next …`. */
function findSharedStart(one: string, other: string): string {
  if (one === other) return one
  const words = one.split(' ')
  const differs = words.findIndex((word, index) => word !== other.split(' ')[index])
  return differs < 0 ? one : `${words.slice(0, differs).join(' ')} …`
}
