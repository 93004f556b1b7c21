import * as v from 'valibot'
import { BUILD_RESULTS } from '../pipeline/events'
import type { RunnerReport } from '../pipeline/runner_report'
import { OBJECT_ID, REPOSITORY_NAME } from '../system/git_names'
import { excerpt } from '../system/redaction'
import { buildId } from './build_order'
import { mayReport, type KnownRunner } from '../config/runners_setting'
import { openSealed, parseDocument, type Arrived } from './sealed'

/** The most bytes of the end of an output that a report carries. */
export const MAX_OUTPUT_END = 64 * 1024
/** The most bytes of a report: base64 takes a third more. */
const MAX_REPORT = 256 * 1024
const MAX_WHY = 1_000
const MAX_PATH = 4_096

const said = (is: string) => v.pipe(v.string(), v.description(is))
const size = v.pipe(v.number(), v.integer(), v.minValue(0))
const common = {
  schema: v.literal('lockstep/build-report/1'),
  at: said('when it was written, in ISO 8601'),
  build: v.pipe(buildId, v.description('the id of the build, as the order has it')),
  repository: v.pipe(v.string(), v.regex(REPOSITORY_NAME), v.description('as the order has it')),
  commit: v.pipe(v.string(), v.regex(OBJECT_ID), v.description('as the order has it')),
}

/** The form of a report of a runner. A change that breaks a reader has a new number. */
export const buildReport = v.variant('event', [
  v.strictObject({ ...common, event: v.literal('taken') }),
  v.strictObject({ ...common, event: v.literal('dropped') }),
  v.strictObject({
    ...common,
    event: v.literal('ended'),
    result: v.pipe(
      v.picklist(BUILD_RESULTS),
      v.description('an interrupted build says nothing of its commit'),
    ),
    why: v.pipe(
      v.nullable(v.pipe(v.string(), v.maxLength(MAX_WHY))),
      v.description('the reason in words; null for a build that succeeded'),
    ),
    gone: v.pipe(v.boolean(), v.description('true where the repository does not have the commit any more')),
    seconds: v.pipe(v.number(), v.minValue(0), v.description('how long it took')),
    output: v.strictObject({
      end: v.pipe(v.string(), v.base64(), v.description('its last bytes in base64')),
      bytes: v.pipe(size, v.description('the bytes of all of it')),
      path: v.pipe(v.string(), v.maxLength(MAX_PATH), v.description('the file on the runner')),
    }),
  }),
])

/** Returns the document of a report. */
export function documentOfReport(report: RunnerReport, now: number): v.InferOutput<typeof buildReport> {
  const { build, repository, commit } = report
  const head = {
    schema: 'lockstep/build-report/1' as const,
    at: new Date(now).toISOString(),
    build,
    repository,
    commit,
  }
  if (report.event !== 'ended') return { ...head, event: report.event }
  const { result, why, isGone, seconds, output } = report
  return {
    ...head,
    event: 'ended',
    result,
    why: why === null ? null : excerpt(why, MAX_WHY).toWellFormed(),
    gone: isGone,
    seconds,
    output: { ...output, end: output.end.subarray(-MAX_OUTPUT_END).toString('base64') },
  }
}

/** The reason why a report counts for nothing, and the build that it tells the end of where a stranger has signed it. */
interface RefusedReport {
  why: string
  ended?: string | undefined
}

/** Reads a report, and which runner has signed it; or returns why it counts for nothing. */
export function readReport(
  message: Arrived,
  runners: ReadonlyMap<string, KnownRunner>,
): { runner: string; report: RunnerReport } | RefusedReport {
  const opened = openSealed(message, runners, MAX_REPORT)
  if ('why' in opened) return { ...opened, ended: endOfStranger(message, runners) }
  const report = parseReport(parseDocument(opened.body))
  if (report === undefined)
    return { why: `is signed by ${opened.by}, and is no report of the form lockstep/build-report/1` }
  const signer = [...runners.values()].find(({ name }) => name === opened.by)
  return signer !== undefined && mayReport(signer, report.repository)
    ? { runner: opened.by, report }
    : {
        why: `is signed by ${opened.by}, whose results do not count for ${report.repository}`,
        ...(report.event === 'ended' ? { ended: report.build } : {}),
      }
}

/** Returns the build whose end a message tells that nobody believes, since its key is not known. */
function endOfStranger(
  { headers, body, dropped }: Arrived,
  runners: ReadonlyMap<string, KnownRunner>,
): string | undefined {
  const { lockstep_key: key, lockstep_signature: signature } = headers
  if (key === undefined || signature === undefined || runners.has(key)) return undefined
  if ((dropped ?? body.length) > MAX_REPORT) return undefined
  const report = parseReport(parseDocument(body))
  return report?.event === 'ended' ? report.build : undefined
}

/** Returns the report of a document; undefined for any other one. */
export function parseReport(document: unknown): RunnerReport | undefined {
  const read = v.safeParse(buildReport, document)
  if (!read.success) return undefined
  const { event, build, repository, commit } = read.output
  if (event !== 'ended') return { event, build, repository, commit }
  const { result, why, gone: isGone, seconds, output } = read.output
  if ((result === 'succeeded') !== (why === null) || (isGone && result !== 'interrupted')) return undefined
  const end = Buffer.from(output.end, 'base64')
  return {
    event: 'ended',
    build,
    repository,
    commit,
    result,
    why,
    isGone,
    seconds,
    output: { ...output, end },
  }
}
