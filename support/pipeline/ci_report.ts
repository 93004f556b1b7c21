import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { OBJECT_ID, REPOSITORY_NAME } from '../system/git_names'

/** The words of another CI on a build. */
export const REPORTED = ['started', 'succeeded', 'failed'] as const
export type Reported = (typeof REPORTED)[number]

const MAX_TEXT = 256
const MAX_URL = 1_000

const line = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_TEXT), v.regex(/^[^\p{Cc}\p{Cf}]+$/u))

const form = v.strictObject({
  /** It makes the report this one. */
  id: line,
  /** The time of the sender, in ISO 8601 and UTC. */
  at: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/), v.check(isTime)),
  repository: v.pipe(v.string(), v.regex(REPOSITORY_NAME)),
  commit: v.pipe(v.string(), v.regex(OBJECT_ID)),
  build: line,
  state: v.picklist(REPORTED),
  url: v.optional(
    v.nullable(v.pipe(v.string(), v.maxLength(MAX_URL), v.regex(/^https?:\/\/[^\s\p{Cc}]+$/u))),
  ),
})

/** A report of another CI, as its signed body has it. */
export type CiReport = v.InferOutput<typeof form>

const EXPECTED =
  'expected id, at as 2026-11-22T12:31:07Z, repository, commit with all its digits, build, state as started, succeeded or failed, and url where there is one'

/** Reads the body of a report. The words of a fault go on after "the body ". */
export function readReport(body: unknown): { report: CiReport } | { fault: string } {
  const parsed = v.safeParse(form, body)
  if (parsed.success) return { report: parsed.output }
  const [issue] = parsed.issues
  const key = v.getDotPath(issue)
  return { fault: `is no report${key === null ? '' : `: ${key} is not right`}; ${EXPECTED}` }
}

/**
 * Returns the id of a build of another CI, as journals have it: two CIs, and two repositories, may count alike.
 */
export function idOfReported({
  repository,
  commit,
  build,
}: Pick<CiReport, 'repository' | 'commit' | 'build'>): string {
  return `ci-${createHash('sha256').update(`${repository}\n${commit}\n${build}`).digest('hex').slice(0, 32)}`
}

function isTime(text: string): boolean {
  return Number.isFinite(Date.parse(text))
}
