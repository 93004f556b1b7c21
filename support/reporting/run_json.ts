import { count, hasPassed } from '../rollout/model/verdict'
import type { ListedVerdict } from '../rollout/model/host_list'
import { evidenceOf } from './evidence'
import { runsOf } from './matrix'
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
    steps: new Pieces(run.verdicts, function* ({ mode, uri, line, text, verdict }) {
      yield JSON.stringify({
        mode,
        uri,
        line,
        text,
        ...encodeVerdict(verdict),
        unexpected: verdict.unexpected,
        tolerated: verdict.tolerated === true,
      })
    }),
    matrices: new Pieces(features, (uri) => matrixOf(run, uri)),
    undone: run.undoneSteps.map(({ what, verdict }) => ({ what, ...encodeVerdict(verdict) })),
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

function encodeVerdict(verdict: ListedVerdict) {
  return { passed: hasPassed(verdict), counts: count(verdict), cohorts: verdict.cohorts }
}

/**
 * Returns the matrix of a feature in pieces of JSON, a row a piece. Neighbours are joined: the hosts of a wave, and
 * hosts in a row with equal cells, as `[cell, how many]`.
 */
function* matrixOf(run: RunState, uri: string): Iterable<string> {
  const { lines, hosts, cells } = evidenceOf(run, uri)
  const waves = new Map<string | undefined, string[]>()
  for (const { host, wave } of hosts) {
    const own = waves.get(wave) ?? []
    waves.set(wave, own)
    own.push(host)
  }
  const placed = [...waves].map(([wave, names]) => ({ wave: wave ?? null, hosts: run.hosts.rangesOf(names) }))
  const head = JSON.stringify({ uri, lines, waves: placed })
  let before = `${head.slice(0, -1)},"cells":[`
  for (const row of cells) {
    yield before + JSON.stringify(runsOf(row).map(({ cell, length }) => [cell, length]))
    before = ','
  }
  yield before === ',' ? ']}' : `${before}]}`
}

/** A list whose members are written piece by piece: all at once they are too much to be kept. */
class Pieces<T> {
  constructor(
    private readonly from: readonly T[],
    private readonly textsOf: (each: T) => Iterable<string>,
  ) {}

  *members(): Iterable<Iterable<string>> {
    for (const each of this.from) yield this.textsOf(each)
  }
}

/** Formats the document as JSON, a key or a step a line. */
function* pieces(document: Readonly<Record<string, unknown>>): Iterable<string> {
  let before = '{\n'
  for (const [key, value] of Object.entries(document)) {
    yield `${before}"${key}": `
    before = ',\n'
    if (!(value instanceof Pieces)) {
      yield JSON.stringify(value)
      continue
    }
    let between = '[\n'
    for (const texts of value.members()) {
      yield between
      yield* texts
      between = ',\n'
    }
    yield between === '[\n' ? '[]' : '\n]'
  }
  yield '\n}\n'
}
