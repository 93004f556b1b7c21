import { count, hasPassed } from '../rollout/model/verdict'
import { recordOf } from '../rollout/model/gate'
import type { ListedVerdict } from '../rollout/model/host_list'
import { limitOf } from '../run/limited'
import { MODES } from '../run/modes'
import { titleOf } from '../run/outcome'
import type { PlannedScenario } from '../run/run_parts'
import type { RunState } from '../run/run_state'
import { keyOf } from '../run/scenario_runs'
import { caveatsOf, modeOfRun } from './about'
import { evidenceOf } from './evidence'
import { featureOutcomesOf } from './feature_outcomes'
import { runsOf } from './matrix'

/**
 * Returns the run for programs, in pieces. It has every step with its counts and what was seen, by cohorts of hosts, and
 * when hosts answered. It also has what is out of rotation, and the exit status. A cohort names its hosts by ranges of
 * their places in the one list `hosts`, from 0. So the file stays small for a rollout in a hundred waves.
 */
export function* runJsonOf(run: RunState): Iterable<string> {
  const outcomes = featureOutcomesOf(run)
  const features = outcomes.map(({ uri }) => uri)
  const document = {
    schema: 'lockstep/run/1',
    run: run.id,
    verdict: titleOf(run.exitCode, modeOfRun(run)),
    caveats: caveatsOf(run),
    features: outcomes,
    beganAt: new Date(run.beganAt).toISOString(),
    ended: run.ended !== undefined,
    tookMs: Math.round(run.took),
    by: run.by,
    resumes: run.resumes ?? null,
    finishedAt: new Date(run.endedAt).toISOString(),
    mode: run.hasBegun ? run.mode : null,
    environment: run.hasBegun ? run.environment : null,
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
    timeline: new Pieces(run.plan, function* (scenario) {
      yield JSON.stringify(timesOf(run, scenario))
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
    limit: run.limit === undefined ? null : (limitOf(run) ?? { hosts: run.limit, within: null, of: null }),
    tickets: run.tickets,
    gates: run.gates.flatMap(({ question, ended }) =>
      ended === undefined ? [] : [recordOf(question, ended)],
    ),
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

/** Returns when a scenario began and how long it took, and when hosts answered each of its lines. */
function timesOf(run: RunState, scenario: PlannedScenario) {
  const { uri, scenarioId, name, wave = null } = scenario
  const { began, took, outcome = null } = run.scenarioRuns.of(scenario) ?? {}
  const courses = run.courses.get(keyOf(scenario))
  const lines = scenario.steps.flatMap(({ line }) => {
    const [course, timed] = [courses?.get(line), run.lineTimes.of(scenario, line)]
    if (course === undefined && timed === undefined) return []
    return [{ line, tookMs: course === undefined ? null : Math.round(course.took), answers: timed ?? null }]
  })
  const beganAt = began === undefined ? null : new Date(began).toISOString()
  const tookMs = took === undefined ? null : Math.round(took)
  return { uri, scenarioId, name, wave, outcome, beganAt, tookMs, lines }
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
