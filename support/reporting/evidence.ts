import { matrixOf, type Matrix } from './matrix'
import type { RunState } from '../run/run_state'
import { keyOf } from '../run/scenario_runs'

/**
 * Returns every line of a feature against every host of its rollout, as far as it has come; or only those lines that are
 * wanted, and what was done after a failure.
 */
export function evidenceOf(
  run: RunState,
  uri: string,
  wants: (line: number) => boolean = () => true,
): Matrix {
  const lines = new Map<number, string>()
  const took = new Map<number, number>()
  for (const scenario of run.plan.filter((each) => each.uri === uri)) {
    for (const { line, text } of scenario.steps)
      lines.set(line, findSharedStart(lines.get(line) ?? text, text))
    for (const [line, course] of run.courses.get(keyOf(scenario)) ?? [])
      if (course.status !== 'SKIPPED') took.set(line, (took.get(line) ?? 0) + course.took)
  }
  const told = [...lines].map(([line, text]) => {
    const time = took.get(line)
    return { line, text, ...(time === undefined ? {} : { took: Math.round(time) }) }
  })
  return matrixOf({
    lines: told.filter(({ line }) => wants(line)).sort((a, b) => a.line - b.line),
    begun: run.begunLines(uri),
    ended: new Set(took.keys()),
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
