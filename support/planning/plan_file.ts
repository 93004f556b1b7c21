import { basename, join } from 'node:path'
import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { planId, type Plan } from './plan'
import { unwritten } from '../run/report_files'
import { writeWhole } from '../system/whole_file'
import { readRegularFile } from '../system/regular_file'

const lines = v.array(
  v.strictObject({
    at: v.string(),
    text: v.string(),
    hosts: v.array(
      v.strictObject({
        seen: v.string(),
        passed: v.boolean(),
        changes: v.boolean(),
        affectsOthers: v.boolean(),
        isIdle: v.exactOptional(v.boolean()),
        hosts: v.array(v.string()),
      }),
    ),
  }),
)
const plan = v.strictObject({
  features: v.array(v.strictObject({ path: v.string(), sha256: v.string(), hosts: v.array(v.string()) })),
  environment: v.string(),
  fleet: v.string(),
  parameters: v.record(v.string(), v.string()),
  limit: v.exactOptional(v.string()),
  hosts: v.array(v.string()),
  lines,
  passes: v.boolean(),
  tags: v.exactOptional(v.record(v.string(), v.string())),
})
const SCHEMA = 'lockstep/plan/1'
const file = v.strictObject({
  schema: v.literal(SCHEMA),
  plan: v.string(),
  made: v.strictObject({ at: v.string(), by: v.string(), run: v.string() }),
  content: plan,
})

export type Made = v.InferOutput<typeof file>['made']

/**
 * Writes a plan among the reports of its run, and returns the plan's path and name.
 * @throws LockstepError `journal-failed` when it cannot be written
 */
export function writePlan(content: Plan, made: Made, reports: string): { path: string; id: string } {
  const id = planId(content)
  const path = pathOf(id, reports)
  try {
    writeWhole(path, `${JSON.stringify({ schema: SCHEMA, plan: id, made, content }, null, 2)}\n`)
  } catch (error) {
    throw new LockstepError('journal-failed', unwritten(path, error), { cause: error })
  }
  return { path, id }
}

/**
 * Reads a plan by its name among the reports of a folder, or by its path. A file of another plan put in its place has another name than it says.
 * @throws LockstepError `bad-input` when there is none, or it was edited by hand
 */
export function readPlan(wanted: string, reports: string): { id: string; content: Plan } {
  const path = /^[0-9a-f]{12}$/.test(wanted) ? pathOf(wanted, reports) : wanted
  const read = v.safeParse(file, parseFile(path))
  if (!read.success)
    throw new LockstepError('bad-input', `${path} is no plan; make one with the profile plan`)
  const { plan: id, content } = read.output
  if (planId(content) !== id || basename(path) !== `${id}.json`)
    throw new LockstepError(
      'bad-input',
      `${path} is not what was planned: it was edited, renamed or replaced since, or damaged; plan again, and have that approved`,
    )
  return { id, content }
}

function pathOf(id: string, reports: string): string {
  return join(reports, 'plans', `${id}.json`)
}

function parseFile(path: string): unknown {
  try {
    return JSON.parse(readRegularFile(path).toString('utf8')) as unknown
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message
    throw new LockstepError('bad-input', `the plan ${path} cannot be read: ${why}`, { cause: error })
  }
}
