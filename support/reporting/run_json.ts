import { count, hasPassed } from '../rollout/model/verdict'
import type { ListedVerdict } from '../rollout/model/host_list'
import { evidenceOf } from './evidence'
import { runsOf, type Matrix } from './matrix'
import { MODES } from '../run/modes'
import type { RunState } from '../run/run_state'

/**
 * Returns the run for programs, in pieces. It has every step with its counts and what was seen, by cohorts of hosts. It also has
 * what is out of rotation, and the exit status. A cohort names its hosts by ranges of their places in the one list
 * `hosts`, from 0. So the file stays small for a rollout in a hundred waves.
 */
export function* runJsonOf(run: RunState): Iterable<string> {
  const features = [...new Set(run.plan.map(({ uri }) => uri))]
  const document = {
    run: run.id,
    finishedAt: new Date(run.endedAt).toISOString(),
    mode: run.mode,
    environment: run.environment,
    exitCode: run.exitCode,
    reason: run.refused === undefined ? null : { code: run.refused.code, message: run.refused.message },
    steps: lazily(run.verdicts, ({ mode, uri, line, text, verdict }) => ({
      mode,
      uri,
      line,
      text,
      ...told(verdict),
      unexpected: verdict.unexpected,
      tolerated: verdict.tolerated === true,
    })),
    matrices: lazily(features, (uri) => ({ uri, ...rowsOf(run, evidenceOf(run, uri)) })),
    undone: run.undoneSteps.map(({ what, verdict }) => ({ what, ...told(verdict) })),
    out: [...run.out].map(([host, seen]) => ({ host, seen })),
    notAttempted: run.notAttempted,
    restored: run.restored,
    recovery: run.recoveries.at(-1)?.path ?? null,
    outOfRotation: run.outOfRotation,
    outBefore: run.outBefore,
    notKnownBefore: run.notKnownBefore,
    plan: run.planned ?? null,
    rehearsal:
      MODES[run.mode].purpose === 'rehearsal' ? { truth: run.truth, rehearsals: run.rehearsals } : null,
    release: run.release ?? null,
    tickets: run.tickets,
    drift: run.drift,
    notes: run.notes,
    variables: Object.fromEntries(features.flatMap((uri) => [...run.variablesIn(uri)])),
    journal: run.journal ?? null,
    hosts: run.hosts.names,
  }
  yield* pieces(document)
}

function told(verdict: ListedVerdict) {
  return { passed: hasPassed(verdict), counts: count(verdict), cohorts: verdict.cohorts }
}

/** Joins neighbours in a matrix: the hosts of a wave, and hosts in a row with equal cells, as `[cell, how many]`. */
function rowsOf(run: RunState, { lines, hosts, cells }: Matrix) {
  const waves = new Map<string | undefined, string[]>()
  for (const { host, wave } of hosts) {
    const own = waves.get(wave) ?? []
    waves.set(wave, own)
    own.push(host)
  }
  return {
    lines,
    waves: [...waves].map(([wave, names]) => ({ wave: wave ?? null, hosts: run.hosts.rangesOf(names) })),
    cells: cells.map((row) => runsOf(row).map(({ cell, length }) => [cell, length])),
  }
}

/** A list whose members are made when they are written: all at once they are too many to be kept. */
class Lazily<T> {
  constructor(
    readonly from: readonly T[],
    readonly make: (each: T) => unknown,
  ) {}

  *texts(): Iterable<string> {
    for (const each of this.from) yield JSON.stringify(this.make(each))
  }
}

function lazily<T>(from: readonly T[], make: (each: T) => unknown): Lazily<T> {
  return new Lazily(from, make)
}

/** Formats the document as JSON, a key or a step a line. */
function* pieces(document: Readonly<Record<string, unknown>>): Iterable<string> {
  let before = '{\n'
  for (const [key, value] of Object.entries(document)) {
    yield `${before}"${key}": `
    before = ',\n'
    if (!(value instanceof Lazily)) {
      yield JSON.stringify(value)
      continue
    }
    let between = '[\n'
    for (const text of value.texts()) {
      yield between + text
      between = ',\n'
    }
    yield between === '[\n' ? '[]' : '\n]'
  }
  yield '\n}\n'
}
