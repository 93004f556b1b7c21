import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { findRecoveredRun } from '../reporting/recovered_run'
import type { Checkpoint } from '../rollout/model/checkpoint'
import { familyOf } from '../rollout/model/family'
import type { JournalEntry } from '../rollout/model/journal_entry'
import { parseWaveSize } from '../rollout/model/wave_plan'
import type { Rollout } from '../rollout/rollout'
import { MODES } from '../run/modes'
import { beginRollout } from './begin_rollout'
import { whoRuns } from './open_run'
import { checkpointFor, checkpointOfHistory } from './resume'
import type { ComposedRun } from './run_context'
import { expectUnedited } from './unedited'

/**
 * Begins the rollout of a feature. The journal says first which text is rolled out, with which values, and from which
 * run it goes on.
 */
export async function beginFeature(whole: ComposedRun, feature: string): Promise<Rollout> {
  const { run, parts } = whole
  const { resumed, records, release, limit, order, beginsAs: mode, journals } = parts
  const { stream, state } = run
  const journal = journals.of(feature)
  journals.goOn(feature)
  const source = readFileSync(feature)
  const text = source.toString('utf8')
  expectUnedited(feature, text, run.features.sources.get(feature))
  const hash = createHash('sha256').update(source).digest('hex')
  const recovered = findRecoveredRun(text)
  const variables = state.variablesIn(feature)
  const leftOut = run.features.leftOut.get(feature) ?? []
  const checkpoint =
    MODES[mode].purpose === 'drift'
      ? checkpointOfHistory(hash, resumed)
      : checkpointFor({ feature, hash, variables, limit: limit?.text }, resumed, records)
  await journal.append({
    type: 'run',
    feature,
    hash,
    mode,
    environment: state.environment,
    pid: process.pid,
    order,
    ...(release === undefined ? {} : { release }),
    ...(limit === undefined ? {} : { limit: limit.text }),
    by: whoRuns(parts.context),
    tickets: state.tickets,
    parameters: Object.fromEntries(variables),
    ...(checkpoint === undefined ? {} : { resumes: checkpoint.run }),
    ...(recovered === undefined ? {} : { follows: [recovered] }),
    ...(leftOut.length === 0 ? {} : { leftOut }),
  } satisfies JournalEntry)
  const values = run.features.substitution?.of.fixedIn(feature) ?? []
  stream.appendNow({ type: 'text', uri: feature, text, values: Object.fromEntries(values) })
  if (checkpoint !== undefined) {
    const seen = `failed in run ${checkpoint.run}`
    const out = Object.fromEntries(checkpoint.out.map((host) => [host, seen]))
    await journal.append({ type: 'went on', out, attempted: [...checkpoint.attempted] })
  }
  const follows = [checkpoint?.run, recovered].flatMap((each) => each ?? [])
  const rollout = begin(whole, feature, checkpoint, follows)
  const rows = state.plan.flatMap(({ uri, wave }) => (uri === feature && wave !== undefined ? [wave] : []))
  rollout.waves.foretold(rows.flatMap((row) => parseWaveSize(row) ?? []))
  return rollout
}

/** Begins a rollout that belongs to no feature, and clears up after `runs`. */
export async function beginClearing(
  whole: ComposedRun,
  what: string,
  runs: readonly string[],
): Promise<Rollout> {
  const { run, parts } = whole
  parts.journals.goOn(what)
  await parts.journals.of(what).append({
    type: 'run',
    feature: what,
    hash: '',
    mode: parts.beginsAs,
    environment: run.state.environment,
    pid: process.pid,
    order: parts.order,
    follows: runs,
  } satisfies JournalEntry)
  return begin(whole, what, undefined, runs)
}

/** Begins a rollout. It may take locks left by the runs that it follows, and by others that followed those. */
function begin(
  whole: ComposedRun,
  feature: string,
  checkpoint: Checkpoint | undefined,
  follows: readonly string[],
): Rollout {
  const family = familyOf(follows, whole.parts.links)
  for (const run of family) whole.followed.add(run)
  return beginRollout(whole, feature, checkpoint, family)
}
