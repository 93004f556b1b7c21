import type { StatusSettings } from '../config/status_setting'
import type { DeliveryError } from '../notifications/channel'

/** The times that a server may not know a commit: some five minutes. It may show a push late. */
const MAX_UNKNOWN = 7
/** The times that Gitea may fail: an hour. It fails so for a commit that it does not know, and where it is broken. */
const MAX_BROKEN = 13
/** The statuses of answers that would be the same however often they are asked for. */
const FINAL: readonly number[] = [400, 410, 413, 415, 422]

/**
 * Returns how often a status is told that gets such refusals: it is given up then. Undefined where the refusal is about
 * the server, its address or the token, and not about the commit: GitHub and Gitea do not find a repository that the token
 * may not see.
 */
export function mostTriesAfter(
  kind: StatusSettings['kind'],
  { status = 0, message }: DeliveryError,
): number | undefined {
  if (isOfUnknownCommit(kind, status, message)) return MAX_UNKNOWN
  if (kind === 'gitea' && status === 500) return MAX_BROKEN
  if (status === 409) return MAX_UNKNOWN
  return FINAL.includes(status) ? 1 : undefined
}

function isOfUnknownCommit(kind: StatusSettings['kind'], status: number, message: string): boolean {
  if (kind === 'github') return status === 422 && message.includes('No commit found')
  return kind === 'gitlab' && status === 404 && /404 (?:Commit|References)/.test(message)
}
