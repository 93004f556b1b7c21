import { count, holds } from '../../rollout/verdict'
import { evidenceOf } from './evidence'
import { report, writePieces } from './reports'
import type { Run } from '../run'

/**
 * The run for programs: every step with its counts and every host's observation, what is held, and the exit status.
 * A report that cannot be written is said, and decides nothing.
 */
export function writeRunJson(run: Run, now: number): void {
  const features = [...new Set(run.plan.map(({ uri }) => uri))]
  const document = {
    run: run.id,
    finishedAt: new Date(now).toISOString(),
    mode: run.mode,
    environment: run.environment,
    exitCode: run.exitCode,
    reason: run.refused === undefined ? null : { code: run.refused.code, message: run.refused.message },
    steps: lazily(run.verdicts, ({ mode, uri, line, text, verdict }) => ({
      mode,
      uri,
      line,
      text,
      held: holds(verdict),
      counts: count(verdict),
      hosts: verdict.observations,
      strays: verdict.strays,
      tolerated: verdict.tolerated === true,
    })),
    matrices: features.map((uri) => ({ uri, ...evidenceOf(uri) })),
    undone: run.undoneSteps.map(({ what, verdict }) => ({
      what,
      held: holds(verdict),
      counts: count(verdict),
      hosts: verdict.observations,
    })),
    out: [...run.out()].map(([host, seen]) => ({ host, seen })),
    notAttempted: run.notAttempted(),
    restored: run.restored(),
    recovery: run.recoveries.at(-1)?.path ?? null,
    held: run.held(),
    heldBefore: run.heldBefore,
    notKnownBefore: run.notKnownBefore,
    plan: run.planned ?? null,
    rehearsal: run.mode === 'rehearse' ? { truth: run.truth, rehearsals: run.rehearsals } : null,
    release: run.release() ?? null,
    tickets: run.tickets,
    drift: run.drift,
    notes: run.notes,
    variables: Object.fromEntries(features.flatMap((uri) => [...run.variablesIn(uri)])),
    journal: run.journal ?? null,
  }
  const path = report('run.json')
  try {
    writePieces(path, pieces(document, run.scrub))
  } catch (error) {
    process.stderr.write(`${path} could not be written: ${(error as Error).message}\n`)
  }
}

/** A list whose members are made when they are written: all at once they are too many to be held. */
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

/** The document as JSON, a key or a step a line. No secret is in it. */
function* pieces(document: Readonly<Record<string, unknown>>, scrub: (text: string) => string) {
  let before = '{\n'
  for (const [key, value] of Object.entries(document)) {
    yield `${before}"${key}": `
    before = ',\n'
    if (!(value instanceof Lazily)) {
      yield scrub(JSON.stringify(value))
      continue
    }
    let between = '[\n'
    for (const text of value.texts()) {
      yield between + scrub(text)
      between = ',\n'
    }
    yield between === '[\n' ? '[]' : '\n]'
  }
  yield '\n}\n'
}
