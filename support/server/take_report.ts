import { readReport, type CiReport } from '../pipeline/ci_report'
import type { ReportReceiver } from '../pipeline/receive_reports'
import { formatDuration } from '../system/duration'
import type { Body } from './bodies'
import type { Reply } from './reply'
import type { ReportSecrets } from './report_secrets'
import { NOT_PROVEN, NOT_READ, parseJson, unreadable } from './take_hook'
import { looksSigned, proveBody, type HexSignature } from './tellers/hex_signature'
import type { SignedRequest } from './tellers/signed_request'

/** Milliseconds that the time of a report may lie from this machine's, in either direction. */
const MAX_SKEW_MS = 5 * 60_000

const SIGNATURE: HexSignature = { headers: ['x-lockstep-signature'], prefix: 'sha256=' }

/** Returns whether a request could be a report at all. One that could not is refused before its body is read. */
export function looksLikeReport(header: SignedRequest['header']): boolean {
  return looksSigned(header, SIGNATURE)
}

/**
 * Takes the report of another CI: proof first, then JSON, then its shape, repository and time. It is on disk before the
 * reply says so.
 * @throws LockstepError `journal-failed`: the report is not taken
 */
export async function takeReport(
  { repository, header, now }: { repository: string; header: SignedRequest['header']; now: number },
  body: Body,
  secrets: ReportSecrets,
  reports: Pick<ReportReceiver, 'receive'>,
): Promise<Reply> {
  if ('refused' in body) return NOT_READ[body.refused]
  const proof = proveBody({ header, body: body.bytes, now }, secrets.of(repository), SIGNATURE)
  if (proof === undefined) return NOT_PROVEN
  const json = parseJson(body.bytes)
  if (json === undefined) return unreadable('is no JSON')
  const reading = readReport(json.value)
  if ('fault' in reading) return unreadable(reading.fault)
  const fault = faultOf(reading.report, repository, now)
  if (fault !== undefined) return unreadable(fault)
  const { report, isNew } = await reports.receive(reading.report, body.bytes)
  return { status: 202, body: { report, isNew } }
}

function faultOf({ repository: named, at }: CiReport, repository: string, now: number): string | undefined {
  if (named !== repository) return `is of another repository than ${repository}`
  const off = now - Date.parse(at)
  return Math.abs(off) <= MAX_SKEW_MS
    ? undefined
    : `was signed ${formatDuration(Math.abs(off))} ${off > 0 ? 'ago' : 'in the future'} by the clock here; expected ${formatDuration(MAX_SKEW_MS)} at the most: sign it anew, with the time of now`
}
