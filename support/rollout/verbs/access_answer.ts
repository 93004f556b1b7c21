import type { Answer, Request } from '../model/answers'

/** The answer of a host's access agent about one user. */
export interface AccessAnswer {
  lines: number
  usable: boolean
  kind: string | undefined
  digest: string | undefined
  similar: readonly string[]
}

export const LET_IN = 'let in'
export const SHUT_OUT = 'shut out'

/** Returns the request for whether a site lets a user in. */
export function accessStatus(user: string, site: string): Omit<Request, 'mutating'> {
  return { agent: 'access', action: 'status', inputs: { site, user } }
}

/** Reads an answer; undefined for one that does not say whether the user is let in. */
export function readAccessAnswer(answer: Answer | undefined): AccessAnswer | undefined {
  if (answer?.kind !== 'answered') return undefined
  const { lines, usable, kind, digest, similar } = answer.data
  if (typeof lines !== 'number' || typeof usable !== 'boolean') return undefined
  const names = Array.isArray(similar) ? similar : []
  return {
    lines,
    usable,
    kind: typeof kind === 'string' ? kind : undefined,
    digest: typeof digest === 'string' ? digest : undefined,
    similar: names.filter((each): each is string => typeof each === 'string'),
  }
}

/**
 * Describes whether a user is let in: `let in`, `shut out`, or what is neither. `digest` is that of the wanted hash;
 * without one, any password will do.
 */
export function describeAccess(said: AccessAnswer, digest?: string): string {
  const { lines, usable, kind, similar } = said
  if (lines === 0) return similar.length === 0 ? SHUT_OUT : `${SHUT_OUT}, but not as ${similar.join(', ')}`
  if (!usable && kind === 'unknown') return 'has a line whose kind of hash is not known'
  if (!usable) return `has a line that lets nobody in (hash: ${kind ?? 'not known'})`
  if (lines > 1) return `${LET_IN} by the first of ${lines} lines (${kind ?? 'not known'})`
  return digest === undefined || said.digest === digest
    ? LET_IN
    : `${LET_IN} with another password or hash (${kind ?? 'not known'})`
}

/** Describes an answer that does not say whether the user is let in. */
export function describeNoAccess(answer: Answer): string {
  if (answer.kind === 'failed') return answer.message || 'failed without saying why'
  return answer.kind === 'answered' ? 'does not say whether the user is let in' : answer.kind
}
