import { checkpointOf, continueCheckpoint, type Checkpoint } from '../rollout/model/checkpoint'
import { featureParts } from '../rollout/model/feature_parts'
import { describeLimit } from '../rollout/model/limit'
import type { RunEntries } from '../rollout/model/out_of_rotation'
import { faultOf, type RunJournal } from '../run/journals'
import { isSafeMode } from '../run/modes'
import type { RunParameters, RunSurroundings } from '../run/parameters'
import { LockstepError } from '../system/errors'

/**
 * Returns the run that is to be resumed, if one is. A plan is of what the run that needs it would do, and resumes with
 * it. The idempotence check begins anew, since a resumed run would pass over what its checkpoint calls done.
 */
export function runToResume(
  { resume }: RunParameters,
  { env, errand }: Pick<RunSurroundings, 'env' | 'errand'>,
): string | undefined {
  return errand?.why === 'idempotence' ? undefined : (resume ?? env['LOCKSTEP_RESUME'])
}

/**
 * Returns the journal of the run that is to be resumed, if one is.
 * @throws LockstepError `bad-input` when there is none, or it is damaged
 */
export function journalToResume(
  wanted: string | undefined,
  records: readonly RunJournal[],
): RunEntries | undefined {
  if (wanted === undefined || wanted === '') return undefined
  const found = records.find(({ run }) => run === wanted)
  if (found === undefined) {
    const last = records.at(-1)?.run
    const hint =
      last === undefined ? 'no live run has left a journal here' : `the last live run here is ${last}`
    throw new LockstepError(
      'bad-input',
      `LOCKSTEP_RESUME: there is no journal of a run ${JSON.stringify(wanted)}; ${hint}`,
    )
  }
  // A last line that was cut off was never acted on; an entry that is missing elsewhere may have been.
  const fault = found.fault?.kind === 'cut off' ? undefined : faultOf(found)
  if (fault !== undefined)
    throw new LockstepError(
      'bad-input',
      `LOCKSTEP_RESUME: ${fault}; run ${wanted} cannot be resumed without it`,
    )
  return found
}

interface ToBeRun {
  feature: string
  hash: string
  /** The values of the variables that the feature uses, by name. */
  variables: ReadonlyMap<string, string>
  /** The hosts that the run is limited to, in ClusterShell's form. */
  limit: string | undefined
}

/**
 * Returns the checkpoint that a run can go on from. A run that was itself a resumed one goes on from what the runs before
 * it knew.
 * @throws LockstepError `bad-feature` when the feature, or what it says now, is not what was run
 * @throws LockstepError `bad-input` when a journal that the checkpoint depends on is not there
 */
export function checkpointFor(
  asked: ToBeRun,
  resumed: RunEntries | undefined,
  records: readonly RunJournal[],
): Checkpoint | undefined {
  if (resumed === undefined) return undefined
  const { feature, hash, variables, limit } = asked
  const { run, entries } = resumed
  const all = entries.filter((entry) => entry.type === 'run')
  const began = all.find((entry) => entry.feature === feature)
  if (began === undefined) {
    const known = all.map((entry) => entry.feature).join(', ') || 'no feature'
    throw new LockstepError(
      'bad-feature',
      `LOCKSTEP_RESUME: run ${run} was of ${known}, not of ${feature}; resume it with the same feature`,
    )
  }
  const own = featureParts(entries).get(feature) ?? []
  if (isSafeMode(began.mode) && !own.some(({ type }) => type === 'activated'))
    throw new LockstepError(
      'bad-input',
      `LOCKSTEP_RESUME: run ${run} was in safe mode, and changed nothing that could be gone on from; run the feature itself`,
    )
  if (began.hash !== hash) {
    throw new LockstepError(
      'bad-feature',
      `${feature} has been changed since run ${run}, so it cannot be resumed; run its recovery feature, or the changed feature from the start`,
    )
  }
  const before = new Map(Object.entries(began.parameters ?? {}))
  const other = [...new Set([...before.keys(), ...variables.keys()])].find(
    (name) => before.get(name) !== variables.get(name),
  )
  if (other !== undefined) {
    const [was, is] = [before.get(other) ?? 'not used', variables.get(other) ?? 'not used']
    throw new LockstepError(
      'bad-feature',
      `LOCKSTEP_RESUME: run ${run} was with <${other}> as ${was}, and now it is ${is}; give it as it was with LOCKSTEP_VARIABLES, or run the feature from the start`,
    )
  }
  if (began.limit !== limit)
    throw new LockstepError(
      'bad-input',
      `LOCKSTEP_RESUME: run ${run} was ${describeLimit(began.limit)}, and this one is ${describeLimit(limit)}; give --limit as it was, or run the feature from the start`,
    )
  const checkpoint = checkpointOf(run, own)
  if (began.resumes === undefined) return checkpoint
  const earlier = checkpointFor(asked, journalToResume(began.resumes, records), records)
  // A run that ended before its roll call has begun nothing: what it was to go on from is still so.
  if (earlier === undefined || checkpoint === undefined) return earlier ?? checkpoint
  return continueCheckpoint(earlier, checkpoint)
}

/**
 * Returns the checkpoint of a feature in the history, which is to be looked at. The text is a copy; the feature itself may have
 * changed since.
 * @throws LockstepError `bad-input` when the copy is not what was run
 */
export function checkpointOfHistory(hash: string, recorded: RunEntries | undefined): Checkpoint | undefined {
  if (recorded === undefined) return undefined
  const { run, entries } = recorded
  const own = [...featureParts(entries).values()].find(
    ([began]) => began?.type === 'run' && began.hash === hash,
  )
  if (own === undefined)
    throw new LockstepError(
      'bad-input',
      `the feature that is in the history of run ${run} is not the one that was run; it was edited since`,
    )
  const checkpoint = checkpointOf(run, own)
  return checkpoint === undefined ? undefined : { ...checkpoint, isOfHistory: true }
}
