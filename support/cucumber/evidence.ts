import type { World } from '@cucumber/cucumber'
import { matrixOf, type Matrix } from './matrix'
import { matrixPicture } from './matrix_picture'
import { run } from './run'

/** Puts the picture of the run so far into the report of a scenario: the last one shows all of it. */
export function attachEvidence(world: World, uri: string): void {
  const matrix = evidenceOf(uri)
  if (matrix.hosts.length === 0) return
  const svg = Buffer.from(run.scrub(matrixPicture(matrix)))
  world.attach(svg, { mediaType: 'image/svg+xml', fileName: 'hosts-and-lines.svg' })
}

/** Every line of a feature against every host of its rollout, as far as it has come. */
export function evidenceOf(uri: string): Matrix {
  const lines = new Map<number, string>()
  for (const { steps } of run.plan.filter((scenario) => scenario.uri === uri))
    for (const { line, text } of steps) if (!lines.has(line)) lines.set(line, text)
  return matrixOf({
    lines: [...lines].map(([line, text]) => ({ line, text })).sort((a, b) => a.line - b.line),
    begun: run.begunLines(uri),
    verdicts: run.verdicts.filter((each) => each.uri === uri),
    hosts: run.hostsOf(uri),
    stopped: run.hasStopped,
  })
}
