import type { BuildResult, PipelineEvent, RecordedChange } from '../pipeline/events'

/** Two commits, and the branch that they are on. */
export const A = 'a'.repeat(40)
export const B = 'b'.repeat(40)
export const MAIN = 'refs/heads/main'

/** Returns a push of the website with these changes. */
export function taken(changes: RecordedChange[]): PipelineEvent {
  return { type: 'push taken', delivery: 'd1', repository: 'website', teller: 'hook', by: 'ann', changes }
}

export const seen: Extract<PipelineEvent, { type: 'commit seen' }> = {
  type: 'commit seen',
  delivery: 'd1',
  repository: 'website',
  ref: MAIN,
  after: A,
  commit: A,
  isToBuild: true,
}

export const begun: PipelineEvent = { type: 'build begun', build: 'b1', repository: 'website', commit: A }

export function ended(result: BuildResult, why: string | null): PipelineEvent {
  return { type: 'build ended', build: 'b1', result, why, seconds: 12.4 }
}
