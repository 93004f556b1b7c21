import type { DeliveredChange, PipelineState } from '../pipeline/pipeline_state'
import type { Redact } from '../system/redaction'

/** The fate of one change of a delivery. */
export interface ChangeFate extends Pick<DeliveredChange, 'ref' | 'before' | 'after' | 'state' | 'why'> {
  /** The build of its commit, which another delivery may have begun; null where there is none. */
  build: { state: string; why: string | null; begunAt: string; seconds: number | null } | null
}

/** The fate of a delivery, for its teller. */
export interface Fate {
  delivery: string
  repository: string
  teller: string
  at: string
  changes: ChangeFate[]
}

/**
 * Returns what has become of a delivery; undefined for an id that is not known. It has no name of a person, since the id
 * alone opens it.
 */
export function fateOf(state: PipelineState, id: string, redact: Redact): Fate | undefined {
  const found = state.deliveries.get(id)
  if (found === undefined) return undefined
  const { delivery, repository, teller, at, changes } = found
  const fates = changes.map((one) => fateOfChange(state, repository, one))
  return { delivery, repository, teller, at, changes: fates.map((fate) => withoutSecrets(fate, redact)) }
}

function fateOfChange(state: PipelineState, repository: string, change: DeliveredChange): ChangeFate {
  const { ref, before, after, why } = change
  const commit = change.commit ?? after
  const build = commit === null ? undefined : state.commit(repository, commit)?.build
  const known =
    build === undefined
      ? null
      : { state: build.state, why: build.why, begunAt: build.begunAt, seconds: build.seconds ?? null }
  return { ref, before, after, state: change.state, why, build: known }
}

/** Reasons may have the words of programs in them. */
function withoutSecrets(fate: ChangeFate, redact: Redact): ChangeFate {
  const hide = (why: string | null) => (why === null ? null : redact(why))
  return {
    ...fate,
    why: hide(fate.why),
    build: fate.build === null ? null : { ...fate.build, why: hide(fate.build.why) },
  }
}
