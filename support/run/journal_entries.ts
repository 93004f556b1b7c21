import * as v from 'valibot'
import type { JournalEntry } from '../rollout/model/journal_entry'

type Type = JournalEntry['type']
type Fields<T extends Type> = Omit<Extract<JournalEntry, { type: T }>, 'type'>

const text = v.string()
const whole = v.pipe(v.number(), v.integer())
/** A list of names, checked by a plain loop: journals have millions of names in them. */
const names = v.custom<string[]>(
  (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
)
const namesBy = v.record(text, names)

/** The fields of each entry of a rollout's journal, beside its type and time. Further fields are let pass. */
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
    by: v.exactOptional(text),
    tickets: v.exactOptional(names),
    parameters: v.exactOptional(v.record(text, text)),
    leftOut: v.exactOptional(names),
  }),
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
  'passed over': v.object({ step: text, line: whole }),
  approved: v.object({ by: text }),
  locked: v.object({ hosts: whole, takes: names, reason: text }),
  restoring: v.object({ package: text, hosts: names }),
  undone: v.object({ what: text, passed: v.boolean(), counts: v.record(text, v.number()) }),
  'roll call': v.object({ hosts: names }),
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
  answered: v.object({ requestId: text, outcomes: namesBy, interrupted: v.boolean() }),
  opened: v.object({ obligation: text, hosts: names }),
  closed: v.object({ obligation: text, hosts: names }),
  verdict: v.object({ step: text, passed: v.boolean(), counts: v.record(text, v.number()) }),
  end: v.object({ passed: v.boolean(), reason: text, withinBudget: v.exactOptional(v.boolean()) }),
}

/** Returns why a value is no entry of a rollout's journal; undefined for one that is. */
export function entryFault(value: Record<string, unknown>): string | undefined {
  const { type, at } = value
  const fields = typeof type === 'string' && Object.hasOwn(FIELDS, type) ? FIELDS[type as Type] : undefined
  if (fields === undefined)
    return `has an entry ${JSON.stringify(type)?.slice(0, 40) ?? ''} that this build does not know`
  return typeof at === 'string' && v.is(fields, value)
    ? undefined
    : `has an entry "${String(type)}" of another shape`
}
