import * as v from 'valibot'

/** The steps before a rollout, in their order. A step that does not pass is the last one. */
export const STEPS = ['lint', 'rehearse', 'plan'] as const
export type StepName = (typeof STEPS)[number]

const text = v.string()
const optional = v.nullable(text)
const start = text
const result = v.picklist(['succeeded', 'failed', 'interrupted'])

const SHAPES = {
  /** A person wants a feature to be rolled out. `feature` is a path below the folder of lockstep.yaml. */
  'start asked for': v.object({
    start,
    by: text,
    feature: text,
    environment: text,
    variables: v.record(text, text),
    release: optional,
    ticket: optional,
    limit: optional,
    /** The SHA-256 of the feature, and that of the code beside it, when it was asked for. */
    sha256: text,
    code: text,
  }),
  'step begun': v.object({ start, step: v.picklist(STEPS), run: text }),
  'step ended': v.object({
    start,
    step: v.picklist(STEPS),
    run: text,
    result,
    why: optional,
    /** The name of the plan that a step has come to, the number of its hosts, and that of the changes to them. */
    plan: optional,
    hosts: v.number(),
    changes: v.number(),
  }),
  /** `groups` are those that the person had at that moment. */
  'start approved': v.object({ start, plan: text, by: text, groups: v.array(text) }),
  'start withdrawn': v.object({ start, by: text }),
  /** A live run of this id is about to be started. It is never started again. */
  'rollout begun': v.object({
    start,
    run: text,
    plan: text,
    machine: text,
    by: text,
    /** The person by whose approval it begins; null where none stands, and none is wanted. */
    approvedBy: optional,
  }),
  'rollout ended': v.object({ start, run: text, result, verdict: optional, why: optional }),
} as const

type Shapes = typeof SHAPES
/** An event of the life of a start. */
export type StartEvent = { [T in keyof Shapes]: { type: T } & v.InferOutput<Shapes[T]> }[keyof Shapes]
/** An event with the time of its writing, in ISO 8601. */
export type RecordedStartEvent = StartEvent & { at: string }

/** Returns an event of a journal, or why the value is none. */
export function readStartEvent(
  value: Record<string, unknown>,
): { entry: RecordedStartEvent | undefined } | { fault: string } {
  const { type } = value
  const isKnown = typeof type === 'string' && Object.hasOwn(SHAPES, type)
  if (!isKnown || typeof value['at'] !== 'string' || !v.is(SHAPES[type as keyof Shapes], value))
    return { fault: `has an entry ${JSON.stringify(type)?.slice(0, 80)} that is not known, or not whole` }
  return { entry: value as unknown as RecordedStartEvent }
}
