import { clean, type Observation, type Verdict } from '../../rollout/model/verdict'
import { EXIT } from '../../system/errors'
import { groupBy } from '../../system/groups'
import { keyOf, type ScenarioRun } from '../../run/scenario_runs'
import { groupByEnding } from '../../rehearsal/told_endings'
import type { RunState } from '../../run/run_state'
import type { StepVerdict, Remark, PlannedScenario, Line } from '../../run/run_parts'

/** A scenario, or a wave of one, with the outcome of each of its hosts. No secret is in it. */
export interface Suite {
  uri: string
  name: string
  /** Milliseconds since 1970; undefined when it was not begun. */
  began: number | undefined
  /** Milliseconds. */
  took: number
  cases: readonly Case[]
}

/** The case of a host in a scenario, or of the scenario as a whole. */
export interface Case {
  name: string
  result: Result
}

export type Result =
  | { kind: 'passed' }
  | { kind: 'skipped'; message: string }
  | { kind: 'failure' | 'error'; type: string; message: string; details: string }

/** A verdict with its line, from a run in any mode. */
type Told = Omit<StepVerdict, 'mode' | 'verdict'> & { verdict: Verdict }

/** The name of the case of a scenario that has no hosts. */
const SCENARIO = 'the scenario'
const MAX_SENTENCE = 4_000

/**
 * Returns the outcome of a run, scenario by scenario and host by host. A run that went wrong has a case that says so.
 * Suites are made as they are asked for: hosts times scenarios are never in memory at once.
 */
export function* suitesOf(run: RunState): Iterable<Suite> {
  const well = run.exitCode === EXIT.passed || run.exitCode === EXIT.passedWithFailures
  let isSaid = well
  for (const suite of everySuite(run)) {
    isSaid ||= saysSo(suite)
    yield suite
  }
  if (!isSaid) yield whole(run)
}

function* everySuite(run: RunState): Iterable<Suite> {
  const about = gather(run)
  for (const scenario of run.plan) yield suiteOf(run, scenario, about)
  for (const { what, verdict } of run.undoneSteps) yield undone(run, what, verdict)
  yield* rehearsalSuites(run)
}

/** Returns a suite with a case for each rehearsed fault. A case fails where hosts must not end as they did. */
function rehearsalSuites(run: RunState): Suite[] {
  if (run.rehearsals.length === 0) return []
  const cases = run.rehearsals.map((rehearsal): Case => {
    const { fault = 'nothing goes wrong', failures } = rehearsal
    const details = groupByEnding(rehearsal).map(({ ending, folded }) => `${ending}: ${folded.join(', ')}`)
    const failed = {
      kind: 'failure',
      type: 'rehearsal',
      message: formatText(failures.join('; ')),
      details: details.map((line) => formatText(line)).join('\n'),
    } as const
    return { name: formatText(fault), result: failures.length === 0 ? { kind: 'passed' } : failed }
  })
  return [{ uri: run.plan[0]?.uri ?? '', name: 'rehearsals', began: undefined, took: 0, cases }]
}

function suiteOf(run: RunState, scenario: PlannedScenario, about: Gathered): Suite {
  const key = keyOf(scenario)
  const scenarioRun = run.scenarioRuns.of(scenario)
  const verdicts = about.verdicts.get(key) ?? []
  const hosts = hostsOf(run, scenario, verdicts, scenarioRun, about.places)
  const cases = [
    ...refusal(run, scenario, hosts.length > 0, about),
    ...(about.faults.get(key) ?? []).map((fault) => faultCase(fault)),
    ...hostCases(run, hosts, verdicts, scenarioRun, about.restored),
  ]
  return {
    uri: scenario.uri,
    name: nameOf(scenario, about),
    began: scenarioRun?.began,
    took: scenarioRun?.took ?? 0,
    cases: cases.length > 0 ? cases : [{ name: SCENARIO, result: withoutHosts(run, scenario, scenarioRun) }],
  }
}

/**
 * The messages of a run, grouped by what they are about. They are looked through once, and not again for every
 * scenario.
 */
interface Gathered {
  /** The verdicts by scenario. */
  verdicts: ReadonlyMap<string, readonly Told[]>
  faults: ReadonlyMap<string, RunState['faults']>
  /** The errors by the line of a feature. */
  errors: ReadonlyMap<string, readonly Remark[]>
  /** The scenarios by feature and name. */
  names: ReadonlyMap<string, readonly PlannedScenario[]>
  places: Places
  restored: ReadonlySet<string>
}

function gather(run: RunState): Gathered {
  return {
    verdicts: groupBy<Told, string>(run.verdicts, keyOf),
    faults: groupBy(run.faults, keyOf),
    errors: groupBy(errorsOf(run), lineKey),
    names: groupBy(run.plan, nameKey),
    places: placesOf(run),
    restored: new Set(run.restored),
  }
}

/** The hosts of features and waves, asked once for all scenarios. */
interface Places {
  /** The hosts by feature. */
  hosts: ReadonlyMap<string, readonly string[]>
  /** The hosts of waves, by the scenario that takes the wave. */
  waves: ReadonlyMap<PlannedScenario, readonly string[]>
}

function placesOf(run: RunState): Places {
  const hosts = new Map<string, string[]>()
  const waves = new Map<PlannedScenario, string[]>()
  for (const uri of new Set(run.plan.map((scenario) => scenario.uri))) {
    const placed = run.hostsOf(uri)
    const byNumber = new Map<number, string[]>()
    for (const { host, wave } of placed) {
      const number = wave === undefined ? 0 : Number.parseInt(wave, 10)
      const own = byNumber.get(number) ?? []
      byNumber.set(number, own)
      own.push(host)
    }
    hosts.set(
      uri,
      placed.map(({ host }) => host),
    )
    const taking = run.plan.filter((scenario) => scenario.uri === uri && scenario.wave !== undefined)
    for (const [index, scenario] of taking.entries()) waves.set(scenario, byNumber.get(index + 1) ?? [])
  }
  return { hosts, waves }
}

/**
 * Returns the hosts of the scenario's wave. Without a wave these are the hosts that its lines reported, or would have
 * been for.
 */
function hostsOf(
  run: RunState,
  scenario: PlannedScenario,
  verdicts: readonly Told[],
  scenarioRun: ScenarioRun | undefined,
  { hosts, waves }: Places,
): readonly string[] {
  if (scenario.wave !== undefined) {
    const own = waves.get(scenario) ?? []
    if (own.length > 0) return own
    if (scenarioRun === undefined || scenarioRun.outcome === 'skipped') return []
  }
  if (scenarioRun === undefined) return run.hasStopped ? (hosts.get(scenario.uri) ?? []) : []
  const told = new Set<string>()
  for (const { verdict } of verdicts) {
    for (const { host } of verdict.observations) told.add(host)
    for (const host of verdict.out ?? []) told.add(host)
  }
  return [...told]
}

function hostCases(
  run: RunState,
  hosts: readonly string[],
  verdicts: readonly Told[],
  scenarioRun: ScenarioRun | undefined,
  restored: ReadonlySet<string> = new Set(),
): Case[] {
  const failed = new Map<string, Result>()
  const reached = new Map<string, Line>()
  const out = new Set<string>()
  const failures = run.out
  const fail = (host: string, result: () => Result) => failed.has(host) || failed.set(host, result())
  for (const step of verdicts) {
    const { observations, unexpected, tolerated } = step.verdict
    for (const observation of observations) {
      if (observation.passed) reached.set(observation.host, step)
      else fail(observation.host, () => failure(step, observation, tolerated === true))
    }
    for (const { host, detail, fails } of unexpected)
      if (fails) fail(host, () => problem(step, 'unexpected', detail))
    for (const host of step.verdict.out ?? []) out.add(host)
  }
  const resultOf = (host: string): Result => {
    if (out.has(host)) return { kind: 'skipped', message: formatText(`out: ${failures.get(host) ?? ''}`) }
    if (restored.has(host)) return { kind: 'skipped', message: 'was told to go back to the version it had' }
    if (scenarioRun?.outcome === 'passed') return { kind: 'passed' }
    const line = reached.get(host)?.line
    return {
      kind: 'skipped',
      message: line === undefined ? 'not attempted' : `passed up to line ${line}; not attempted after it`,
    }
  }
  return [...new Set([...hosts, ...failed.keys()])].map((host) => ({
    name: formatText(host),
    result: failed.get(host) ?? resultOf(host),
  }))
}

function failure(line: Line, { kind, seen }: Observation, tolerated: boolean): Result {
  if (tolerated)
    return { kind: 'skipped', message: formatText(`failed at line ${line.line}, and may: ${seen}`) }
  return problem(line, kind === 'silent' ? 'silent' : 'diverged', seen)
}

function problem(line: Line, type: string, seen: string): Result {
  const [text, what] = [formatText(line.text), formatText(seen)]
  return {
    kind: 'failure',
    type,
    message: `line ${line.line}: ${text}: ${what}`,
    details: `${text}\n${line.uri}:${line.line}\nseen: ${what}`,
  }
}

/**
 * Returns the refusal of the run as a case. It stands at the scenario where it happened, and at each that has no hosts
 * because of it.
 */
function refusal(run: RunState, scenario: PlannedScenario, hasHosts: boolean, { errors }: Gathered): Case[] {
  const { last } = run.scenarioRuns
  const here = last !== undefined && keyOf(last) === keyOf(scenario)
  if (run.refused === undefined || (hasHosts && !here)) return []
  const { uri } = scenario
  const lines = new Set(scenario.steps.map(({ line }) => line))
  const own = [...lines].flatMap((line) => errors.get(lineKey({ uri, line })) ?? [])
  const { code, message } = run.refused
  const details = own.map((remark) => `${remark.uri}:${remark.line}: ${remark.message}`).join('\n')
  return [{ name: SCENARIO, result: error(code, own[0]?.message ?? message, details || message) }]
}

function faultCase({ uri, line, text, message }: RunState['faults'][number]): Case {
  return {
    name: `line ${line}: ${formatText(text)}`,
    result: error('step', message, `${text}\n${uri}:${line}\n${message}`),
  }
}

function withoutHosts(
  run: RunState,
  { wave }: PlannedScenario,
  scenarioRun: ScenarioRun | undefined,
): Result {
  if (scenarioRun?.outcome === 'passed' || (scenarioRun === undefined && !run.hasStopped))
    return { kind: 'passed' }
  if (scenarioRun?.outcome === 'skipped' && wave !== undefined)
    return { kind: 'skipped', message: `nobody was left for the wave ${wave}` }
  return { kind: 'skipped', message: scenarioRun === undefined ? 'not attempted' : 'not brought to its end' }
}

function undone(run: RunState, what: string, verdict: Verdict): Suite {
  const uri = run.scenarioRuns.last?.uri ?? ''
  const step = { uri, scenarioId: '', line: run.current.line, text: what, verdict }
  const ended: ScenarioRun = { began: 0, took: undefined, outcome: 'passed' }
  const cases = hostCases(run, hostsIn(verdict), [step], ended)
  return { uri, name: formatText(`on failure: ${what}`), began: undefined, took: 0, cases }
}

/** Returns the suite of errors that belong to no scenario: features that cannot be read, or an end that failed. */
function whole(run: RunState): Suite {
  const errors = errorsOf(run)
  const sentence = run.refused?.message ?? 'it failed outside of its scenarios'
  const details = errors.map(({ uri, line, message }) => `${uri}:${line}: ${message}`).join('\n')
  const result = error(run.refused?.code ?? 'failed', sentence, details || sentence)
  return {
    uri: errors[0]?.uri ?? '',
    name: 'the run',
    began: undefined,
    took: 0,
    cases: [{ name: 'the run', result }],
  }
}

function error(type: string, message: string, details: string): Result {
  return {
    kind: 'error',
    type,
    message: message.slice(0, MAX_SENTENCE),
    details: details.slice(0, MAX_SENTENCE),
  }
}

/** Returns the name of a scenario, with its line where rows of a table bear one name. */
function nameOf(scenario: PlannedScenario, { names }: Gathered): string {
  const alike = names.get(nameKey(scenario)) ?? []
  return formatText(scenario.name) + (alike.length > 1 ? ` (line ${scenario.scenarioId})` : '')
}

function nameKey({ uri, name }: PlannedScenario): string {
  return `${uri}\n${name}`
}

function lineKey({ uri, line }: Pick<Line, 'uri' | 'line'>): string {
  return `${uri}:${line}`
}

function errorsOf(run: RunState): Remark[] {
  return run.remarks.filter(({ severity }) => severity === 'error')
}

/** Makes a text fit for one line, and cuts it short. */
function formatText(text: string): string {
  return clean(text)
}

function saysSo({ cases }: Suite): boolean {
  return cases.some(({ result: { kind } }) => kind === 'failure' || kind === 'error')
}

function hostsIn({ observations }: Verdict): string[] {
  return observations.map(({ host }) => host)
}
