import * as v from 'valibot'
import { duration } from './duration_setting'
import { allowKnownKeys } from './known_keys'
import { secret, type ReadSecret } from './secrets'

/** The schema of `ci.reports`: another CI tests the commits, and reports how it went. */
export const reportsSetting = allowKnownKeys({
  secret,
  within: v.optional(duration, '2 hours'),
})

/** Another CI tests the commits. It starts by itself, and its reports are signed. */
export interface ReportedBuild {
  kind: 'reports'
  /** The secret that reports are signed with. No trigger has the same one, and no other repository. */
  secret: string
  /** Milliseconds that a first report may take, and a result after the report of a start. */
  within: number
}

/** @throws LockstepError `bad-config` where the secret cannot be had */
export function resolveReports(
  { secret: from, within }: v.InferOutput<typeof reportsSetting>,
  read: ReadSecret,
): ReportedBuild {
  return { kind: 'reports', secret: read(from, 'secret of reports', 'reports', 'secret'), within }
}
