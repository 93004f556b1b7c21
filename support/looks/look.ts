import * as v from 'valibot'

/** The tags of a repository, on the hosts that a feature selects. */
const tagsWanted = v.object({
  kind: v.literal('tags'),
  /** The feature that selects them, as a path below the folder of lockstep.yaml. */
  feature: v.string(),
  repository: v.string(),
  classes: v.array(v.string()),
  facts: v.array(v.string()),
  /** The one tag that is asked about; null for all. */
  tag: v.nullable(v.string()),
})
const driftWanted = v.object({ kind: v.literal('drift'), release: v.string() })

export const lookWanted = v.variant('kind', [tagsWanted, driftWanted])

/** A question to the hosts of an environment that changes nothing. */
export type LookWanted = v.InferOutput<typeof lookWanted>
export type TagsWanted = v.InferOutput<typeof tagsWanted>

/** Who asked for it, when, and of which environment. */
export const lookBegun = v.object({
  id: v.pipe(v.string(), v.regex(/^[\w-]{1,80}$/)),
  by: v.string(),
  at: v.string(),
  environment: v.string(),
  wanted: lookWanted,
})
export type LookBegun = v.InferOutput<typeof lookBegun>

const names = v.array(v.string())
/** The document of `lockstep ping --tags --json`. */
export const tagsAnswer = v.object({
  schema: v.literal('lockstep/tags/1'),
  exitCode: v.number(),
  environment: v.string(),
  repository: v.string(),
  hosts: names,
  expected: v.boolean(),
  unknown: v.array(v.object({ host: v.string(), why: v.string() })),
  strangers: names,
  count: v.number(),
  tags: v.array(
    v.object({
      tag: v.string(),
      commits: v.array(v.object({ commit: v.string(), hosts: names })),
      lack: names,
      notTold: names,
    }),
  ),
})
export type TagsAnswer = v.InferOutput<typeof tagsAnswer>

/** The document of `lockstep drift --json`. */
export const driftAnswer = v.object({
  schema: v.literal('lockstep/drift/1'),
  state: v.picklist(['OK', 'CRITICAL', 'UNKNOWN']),
  sentence: v.string(),
  findings: v.array(
    v.object({
      host: v.string(),
      feature: v.string(),
      run: v.string(),
      line: v.number(),
      text: v.string(),
      seen: v.string(),
    }),
  ),
})
export type DriftAnswer = v.InferOutput<typeof driftAnswer>

export type LookAnswer = TagsAnswer | DriftAnswer

/** The end of a look. One that is cut off says nothing of any host. */
export const lookEnded = v.object({
  at: v.string(),
  result: v.picklist(['answered', 'failed', 'cut off']),
  why: v.nullable(v.string()),
  answer: v.nullable(v.variant('schema', [tagsAnswer, driftAnswer])),
})
export type LookEnded = v.InferOutput<typeof lookEnded>

/** A look that was asked for, and its end once there is one. */
export interface Look extends LookBegun {
  ended: Omit<LookEnded, 'answer'> | undefined
}

/** Returns a text that two looks share which ask the same of the same hosts. */
export function keyOfLook({ environment, wanted }: Pick<LookBegun, 'environment' | 'wanted'>): string {
  return JSON.stringify([
    environment,
    ...(wanted.kind === 'drift'
      ? ['drift', wanted.release]
      : ['tags', wanted.feature, wanted.repository, wanted.classes, wanted.facts, wanted.tag]),
  ])
}
