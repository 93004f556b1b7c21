import * as v from 'valibot'
import type { HostRange } from '../rollout/model/host_list'
import { ERROR_CODES } from '../system/errors'
import { EVENTS_VERSION, type DurableEvent } from './events'
import { GATE_MEANS, GATE_OUTCOMES } from '../rollout/model/gate'
import { isMode, type Mode } from './modes'
import { ENDINGS } from './rehearsed'

type Type = DurableEvent['type']
type Fields<T extends Type> = Omit<Extract<DurableEvent, { type: T }>, 'type'>

const text = v.string()
const whole = v.pipe(v.number(), v.integer())
/** A list of names, checked by a plain loop: journals have millions of names in them. */
const names = v.custom<string[]>(
  (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
)
const namesBy = v.record(text, names)

/** Ranges of a list of hosts, checked by a plain loop for the same reason. */
const ranges = v.custom<HostRange[]>(
  (value) =>
    Array.isArray(value) &&
    value.every(
      (range: unknown) =>
        Array.isArray(range) &&
        range.length === 2 &&
        range.every((place) => Number.isInteger(place) && place >= 0),
    ),
)
const mode = v.custom<Mode>((value) => typeof value === 'string' && isMode(value))
const scenario = { uri: text, scenarioId: text }
const line = { ...scenario, line: whole, text }
const counts = v.object({
  expected: whole,
  answered: whole,
  diverged: whole,
  silent: whole,
  unexpected: whole,
  out: whole,
})
const change = v.object({
  resource: text,
  from: text,
  to: v.nullable(text),
  changes: v.boolean(),
  affectsOthers: v.boolean(),
})
const verdict = {
  passed: v.boolean(),
  counts,
  added: v.exactOptional(names),
  cohorts: v.array(
    v.object({
      passed: v.boolean(),
      kind: v.picklist(['answered', 'failed', 'silent', 'untrusted', 'known', 'done before', 'planned']),
      seen: text,
      planned: v.exactOptional(change),
      hosts: ranges,
    }),
  ),
  unexpected: v.array(
    v.object({ kind: text, host: text, detail: text, fails: v.boolean(), times: v.exactOptional(whole) }),
  ),
  out: v.exactOptional(ranges),
  tolerated: v.exactOptional(v.boolean()),
  planned: v.exactOptional(v.boolean()),
}
const step = v.object({
  line: whole,
  text,
  expression: v.exactOptional(text),
  values: v.array(v.object({ type: text, value: text })),
  keyword: v.exactOptional(text),
  isAction: v.exactOptional(v.boolean()),
  isBackground: v.exactOptional(v.boolean()),
  table: v.exactOptional(v.array(names)),
  document: v.exactOptional(text),
})
const hostTruth = v.object({
  host: text,
  before: names,
  after: names,
  done: names,
  served: v.boolean(),
  named: v.boolean(),
  silent: v.boolean(),
  out: v.boolean(),
  hasShownFault: v.exactOptional(v.boolean()),
})

/** The fields of each event of a run's journal, beside its type and time. Further fields are let pass. */
const FIELDS: { [T in Type]: v.GenericSchema<unknown, Fields<T>> } = {
  run: v.object({
    feature: text,
    hash: text,
    mode: text,
    environment: text,
    pid: whole,
    order: whole,
    resumes: v.exactOptional(text),
    follows: v.exactOptional(names),
    release: v.exactOptional(text),
    limit: v.exactOptional(text),
    by: v.exactOptional(text),
    tickets: v.exactOptional(names),
    parameters: v.exactOptional(v.record(text, text)),
    leftOut: v.exactOptional(names),
  }),
  feature: v.object({ feature: text }),
  release: v.object({ release: text }),
  activated: v.object({ release: text }),
  planned: v.object({
    step: text,
    line: whole,
    resource: text,
    temporary: v.boolean(),
    fates: v.array(v.object({ from: text, to: v.nullable(text), hosts: names })),
  }),
  scenario: v.object({ scenarioId: text, name: text }),
  'scenario passed': v.object({ scenarioId: text }),
  order: v.object({ seed: v.number() }),
  wave: v.object({ name: text, hosts: names }),
  out: v.object({ hosts: names }),
  had: v.object({ package: text, versions: namesBy }),
  became: v.object({ package: text, versions: namesBy }),
  tag: v.object({ repository: text, tag: text, commit: text }),
  served: v.object({ repository: text, moment: v.picklist(['before', 'after']), states: namesBy }),
  'puppet run ended': v.object({
    run: text,
    requestId: text,
    noop: v.boolean(),
    states: namesBy,
    began: v.record(text, v.number()),
    failed: v.exactOptional(v.record(text, text)),
    code: v.exactOptional(v.object({ name: text, digest: text })),
  }),
  'puppet managed': v.object({
    run: text,
    versions: namesBy,
    digests: namesBy,
    shares: v.array(v.object({ resources: names, hosts: names })),
    unknown: namesBy,
  }),
  'may remain': v.object({ resources: names }),
  'modules found': v.object({ code: text, states: namesBy }),
  'passed over': v.object({ step: text, line: whole }),
  approved: v.object({ by: text }),
  locked: v.object({ hosts: whole, takes: names, reason: text }),
  restoring: v.object({ package: text, hosts: names }),
  undone: v.object({ what: text, ...verdict }),
  'roll call': v.object({ hosts: names, outside: v.exactOptional(names) }),
  asked: v.object({
    step: text,
    line: whole,
    requestId: text,
    agent: text,
    action: text,
    inputs: v.record(text, v.union([text, v.boolean(), v.number()])),
    mutating: v.boolean(),
    hosts: names,
  }),
  answered: v.object({
    requestId: text,
    outcomes: namesBy,
    interrupted: v.boolean(),
    times: v.exactOptional(
      v.object({ answered: whole, first: whole, median: whole, p95: whole, last: whole }),
    ),
  }),
  opened: v.object({ obligation: text, hosts: names }),
  closed: v.object({ obligation: text, hosts: names }),
  verdict: v.object({ step: text, line: whole, ...verdict }),
  read: v.object({
    version: v.literal(EVENTS_VERSION),
    run: text,
    invocation: v.object({
      args: names,
      env: v.record(text, text),
      cucumber: text,
      lockstep: text,
      byCommand: v.exactOptional(v.boolean()),
    }),
    scenarios: v.array(
      v.object({
        ...scenario,
        feature: v.exactOptional(text),
        name: text,
        steps: v.array(step),
        wave: v.exactOptional(text),
        tags: names,
      }),
    ),
    remarks: v.array(
      v.object({ uri: text, line: whole, severity: v.picklist(['error', 'warning']), message: text }),
    ),
    variables: v.record(text, v.record(text, text)),
  }),
  began: v.object({
    mode,
    environment: text,
    chosen: v.exactOptional(text),
    journal: text,
    by: text,
    tickets: names,
    warnings: names,
    outBefore: v.array(v.object({ host: text, obligation: text, run: text, feature: text, since: text })),
    notKnownBefore: names,
    limit: v.exactOptional(text),
    resumes: v.exactOptional(text),
  }),
  text: v.object({
    uri: text,
    text,
    values: v.record(text, text),
    hasHidden: v.exactOptional(v.boolean()),
  }),
  mode: v.object({ mode }),
  'went on': v.object({ out: v.record(text, text), attempted: names }),
  'scenario began': v.object(scenario),
  line: v.object(line),
  'line ended': v.object({
    ...scenario,
    line: whole,
    status: text,
    took: v.number(),
    message: v.exactOptional(text),
  }),
  'scenario ended': v.object({ outcome: v.picklist(['passed', 'skipped', 'failed']), took: v.number() }),
  waves: v.object({
    added: names,
    taken: whole,
    waves: v.array(v.object({ name: text, hosts: ranges })),
    left: ranges,
  }),
  fault: v.object({ ...line, message: text }),
  omission: v.object({ ...line, fate: text, expression: v.exactOptional(text) }),
  'hook failed': v.object({ message: text }),
  failed: v.object({}),
  refused: v.object({ code: v.picklist(ERROR_CODES), message: text }),
  interrupted: v.object({}),
  'gate waits': v.object({ gate: text, question: text, until: text }),
  'gate ended': v.object({
    gate: text,
    outcome: v.picklist(GATE_OUTCOMES),
    by: v.exactOptional(text),
    means: v.exactOptional(v.picklist(GATE_MEANS)),
  }),
  note: v.object({ text }),
  recovery: v.object({
    recovery: v.object({
      uri: text,
      path: text,
      hosts: whole,
      isResumable: v.boolean(),
      hasRoom: v.boolean(),
    }),
  }),
  'plan saved': v.object({ plan: v.object({ id: text, path: text, changes: whole, hosts: whole }) }),
  'plan kept': v.object({ plan: text }),
  drift: v.object({ drift: v.array(v.object({ host: text, what: text, since: text })) }),
  truth: v.object({ truth: v.array(hostTruth) }),
  rehearsed: v.object({
    rehearsal: v.object({
      fault: v.exactOptional(text),
      exitCode: whole,
      title: text,
      hosts: v.array(v.object({ host: text, ending: v.picklist(ENDINGS), unknown: v.boolean() })),
      failures: names,
    }),
  }),
  ended: v.object({ exitCode: whole, took: v.number() }),
  'rollouts ended': v.object({
    passed: v.boolean(),
    reason: text,
    withinBudget: v.exactOptional(v.boolean()),
  }),
}

/** Returns why a value is no event of a run's journal; undefined for one that is. */
export function entryFault(value: Record<string, unknown>): string | undefined {
  const { type, at, version } = value
  if (type === 'read' && version !== EVENTS_VERSION)
    return `is of version ${JSON.stringify(version)?.slice(0, 20) ?? 'none'} of its events, and this build reads version ${EVENTS_VERSION}:`
  const fields = typeof type === 'string' && Object.hasOwn(FIELDS, type) ? FIELDS[type as Type] : undefined
  if (fields === undefined)
    return `has an entry ${JSON.stringify(type)?.slice(0, 40) ?? ''} that this build does not know`
  return typeof at === 'string' && !Number.isNaN(Date.parse(at)) && v.is(fields, value)
    ? undefined
    : `has an entry "${String(type)}" of another shape`
}
